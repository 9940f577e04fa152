"""From a request to the one who acts: ``request.actor``, ``request.tenant``, and the tenant's transaction."""

import contextlib
import uuid
import zoneinfo
from collections.abc import Callable, Iterator
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone, translation

from zhiyin.accounts import access, devices
from zhiyin.accounts.actions.company import enter_company
from zhiyin.accounts.choices import TimeFormat
from zhiyin.accounts.models import Tenant, User
from zhiyin.platform.actors import Actor
from zhiyin.platform.tenancy import scope
from zhiyin.platform.times import twelve_hours

API = "/api/"
BEARER = "Bearer "
CHOOSE = "accounts:switch"
WITHOUT_COMPANY = {CHOOSE, "web:preferences"}


class ActorRequest(HttpRequest):
    """A request past this middleware; without a signed-in person in a company both are ``None``."""

    actor: Actor | None
    tenant: Tenant | None
    session: SessionBase
    entered: contextlib.ExitStack


class ActorMiddleware:
    """Opens the tenant's transaction around the view and its rendering.

    An answer of 400 and above, so also an exception, rolls back. Answers that stream after the view has
    returned open a scope of their own. SQL: the session, the tenant, one statement for user, member, role and
    units.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with _entrance(request) as entering:
            response = self.get_response(request)
            if entering.tenant is not None and response.status_code >= 400:
                transaction.set_rollback(True)
        if entering.actor is not None and entering.actor.kind == "user":
            devices.note_use(entering)
        return response

    def process_view(
        self, request: ActorRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponseBase | None:
        header = request.headers.get("Authorization", "")
        if header.startswith(BEARER) and request.path.startswith(API):
            self._enter_by_token(request, header.removeprefix(BEARER).strip())
            return None
        self._enter_by_session(request)
        if request.actor is None and request.user.is_authenticated and _needs_company(request, view):
            return redirect(CHOOSE)
        return None

    def _enter_by_token(self, request: ActorRequest, token: str) -> None:
        tenant = access.token_tenant(token)
        if tenant is None:
            return
        request.entered.enter_context(scope(tenant))
        found = access.visitor_by_token(token, timezone.now())
        if found:
            _welcome(request, found)

    def _enter_by_session(self, request: ActorRequest) -> None:
        ids = access.visitor_by_session(request.session)
        arrives = ids is None
        ids = ids or _only_company(request)
        if ids is None:
            return
        request.entered.enter_context(scope(ids[1]))
        found = access.visitor(ids[0])
        if found and access.session_is_valid(request.session, found.user):
            _welcome(request, found)
            if arrives:
                request.session[access.TENANT_KEY] = str(found.tenant.id)
                enter_company(actor=found.actor, now=timezone.now())
        else:
            request.entered.close()
            request.session.pop(access.TENANT_KEY, None)


@contextlib.contextmanager
def _entrance(request: HttpRequest) -> Iterator[ActorRequest]:
    entering = cast(ActorRequest, request)
    entering.actor, entering.tenant = None, None
    with contextlib.ExitStack() as entering.entered:
        yield entering


def _only_company(request: ActorRequest) -> tuple[uuid.UUID, uuid.UUID] | None:
    """The ids of a person who has just signed in and belongs to one company only."""
    if SESSION_KEY not in request.session or not isinstance(request.user, User):
        return None
    companies = access.memberships(request.user.pk)
    if len(companies) != 1:
        return None
    return request.user.pk, companies[0][0].id


def _needs_company(request: HttpRequest, view: Callable[..., Any]) -> bool:
    """Signing in and out, choosing the company and the API's refusals work without one."""
    match = request.resolver_match
    if request.path.startswith(API) or (match is not None and match.view_name in WITHOUT_COMPANY):
        return False
    return not view.__module__.startswith(("allauth.", "django."))


def _welcome(request: ActorRequest, found: access.Visitor) -> None:
    # what django.contrib.auth would read again
    request._cached_user = request._acached_user = found.user  # type: ignore[attr-defined]
    request.actor, request.tenant = found.actor, found.tenant
    translation.activate(_language(request, found))
    request.LANGUAGE_CODE = translation.get_language()
    request.entered.enter_context(timezone.override(zoneinfo.ZoneInfo(found.tenant.time_zone)))
    request.entered.enter_context(twelve_hours(found.user.time_format == TimeFormat.HOURS_12))


def _language(request: HttpRequest, found: access.Visitor) -> str:
    """The person's own choice, then this browser's, then the company's; a program says it in its request."""
    if found.actor.kind == "token":
        return translation.get_language_from_request(request)
    chosen = request.COOKIES.get("zhiyin_language", "")
    return found.user.language or (
        chosen if translation.check_for_language(chosen) else found.tenant.language
    )
