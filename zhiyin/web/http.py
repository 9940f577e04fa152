"""What every page does alike: who may see it, what a refusal looks like, messages, htmx partials."""

import functools
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest as DjangoRequest
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.shortcuts import render as django_render
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event
from django_htmx.middleware import HtmxDetails

from zhiyin.accounts.models import Tenant
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import DomainError

P = ParamSpec("P")
SAFE = ("GET", "HEAD", "OPTIONS")
UNDO = "undo:"


class HttpRequest(DjangoRequest):
    """A request as pages get it, past ``page``."""

    htmx: HtmxDetails
    actor: Actor
    tenant: Tenant


View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def page(*, permission: str | None = None, quiet: bool = False) -> Callable[[View[P]], View[P]]:
    """A page for people who are signed in and hold ``permission``.

    A refusal (``DomainError``) rolls back what the view wrote and becomes a sentence on the page: a toast or
    a message beside the field for htmx, else the page that the form came from, with the message on it.
    What a page asks for by itself is ``quiet``: it leaves messages to the page that a person goes to.
    """

    def decorate(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if getattr(request, "actor", None) is None:
                return _to_login(request)
            try:
                if permission:
                    request.actor.require(permission)
                if request.method in SAFE:
                    answer = view(request, *args, **kwargs)
                    return answer if quiet else _with_toasts(request, answer)
                with transaction.atomic():
                    response = view(request, *args, **kwargs)
                return _with_toasts(request, response)
            except DomainError as error:
                return _refused(request, error)

        wrapped.permission = permission  # type: ignore[attr-defined]  # read by the permission table's test
        return wrapped

    return decorate


class refusals:  # noqa: N801
    """Inside it, a ``DomainError`` rolls back to here and becomes an error of ``form``.

    Example::

        if form.is_valid():
            with refusals(form):
                customer = create_customer(actor=request.actor, now=now(), **form.cleaned_data)
                return redirect("customers:record", customer.id)
        return render(request, "customers/form.html", {"form": form})
    """

    def __init__(self, form: BaseForm) -> None:
        self.form = form
        self.savepoint = transaction.atomic()

    def __enter__(self) -> None:
        self.savepoint.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.savepoint.__exit__(kind, error, trace)
        if not isinstance(error, DomainError):
            return False
        self.form.add_error(error.field if error.field in self.form.fields else None, str(error.message))
        return True


def render(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    partial: str | None = None,
    status: int | None = None,
) -> HttpResponse:
    """The page, or only its ``partial`` (``{% partialdef NAME inline %}``) when htmx asks for a piece of it.

    A form with errors in ``context["form"]`` answers 422.
    """
    context = dict(context or {})
    wants_piece = request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request
    name = f"{template}#{partial}" if partial and wants_piece else template
    form = context.get("form")
    failed = isinstance(form, BaseForm) and form.is_bound and bool(form.errors)
    response = django_render(request, name, context, status=status or (422 if failed else 200))
    if partial:
        patch_vary_headers(response, ["HX-Request"])
    return response


def notify(
    request: DjangoRequest, message: str | Promise, *, undo: str | None = None, level: int = messages.SUCCESS
) -> None:
    """Say ``message`` on the next page or, to htmx, at once; ``undo`` is an address to POST to."""
    messages.add_message(request, level, str(message), extra_tags=f"{UNDO}{undo}" if undo else "")


def toast(
    response: HttpResponse, message: str | Promise, *, level: str = "success", undo: str | None = None
) -> HttpResponse:
    """Make htmx show ``message``."""
    return trigger_client_event(
        response, "toasts", {"value": [{"message": str(message), "level": level, "undo": undo}]}
    )


def undo_address(message: Any) -> str:
    """The address that undoes what ``message`` tells, or an empty string."""
    tags = message.extra_tags or ""
    return tags.removeprefix(UNDO) if tags.startswith(UNDO) else ""


def _with_toasts(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    leaves = (
        "HX-Redirect" in response.headers
        or "HX-Refresh" in response.headers
        or 300 <= response.status_code < 400
    )
    if not request.htmx or leaves or not isinstance(response, HttpResponse):
        return response
    told = [
        {"message": each.message, "level": each.level_tag, "undo": undo_address(each) or None}
        for each in messages.get_messages(request)
    ]
    return trigger_client_event(response, "toasts", {"value": told}) if told else response


def _to_login(request: HttpRequest) -> HttpResponseBase:
    if not request.htmx:
        return redirect_to_login(request.get_full_path())
    current = request.htmx.current_url_abs_path or "/"
    return HttpResponseClientRedirect(redirect_to_login(current).headers["Location"])


def _refused(request: HttpRequest, error: DomainError) -> HttpResponseBase:
    if request.htmx:
        response = HttpResponse(status=error.status)
        if error.field:
            return trigger_client_event(
                response, "field-error", {"field": error.field, "message": str(error.message)}
            )
        return toast(response, error.message, level="error")
    came_from = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    if request.method not in SAFE and ours and error.status != 403:
        notify(request, error.message, level=messages.ERROR)
        return redirect(came_from)
    template = (
        "404.html" if error.status == 404 else "403.html" if error.status == 403 else "errors/refused.html"
    )
    return django_render(request, template, {"error": error}, status=error.status)
