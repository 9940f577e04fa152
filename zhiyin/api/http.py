"""What all operations of the API share: who asks, what a refusal looks like, pages of a list.

An app declares its operations in ``zhiyin/api/<app>/routes.py``::

    routes = Routes("customers")

    @routes.get("/", permission="customers.view", response=PageOut[CustomerOut])
    def list_customers(request: Request, after: str = "", limit: int = 50) -> PageOut[CustomerOut]: ...

    @routes.post("/", permission="customers.edit", response=CustomerOut, status=201)
    def create_customer(request: Request, body: CustomerIn) -> Customer: ...

and ``zhiyin/api/urls.py`` mounts it with one line.
"""

import datetime
import functools
import re
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Router, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.operation import Operation
from ninja.responses import Status
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf, contribute_operation_callback

from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import DomainError
from zhiyin.platform.paging import Page

VERSION = "1.0.0"
Item = TypeVar("Item")
View = TypeVar("View", bound=Callable[..., Any])


class Request(HttpRequest):
    """A request as operations get it: somebody acts."""

    actor: Actor


class Fault(Schema):
    """``code`` is for programs, ``message`` for people, ``field`` names the input at fault."""

    code: str
    message: str
    field: str | None = None


class ErrorOut(Schema):
    error: Fault


class NinjaResponseSchema(Schema):
    """A refusal as an operation declares it, made once for all: Ninja builds one per status of each."""

    response: ErrorOut


REFUSALS = dict.fromkeys((400, 401, 403, 404, 409, 422), NinjaResponseSchema)


def _refuses(operation: Operation) -> None:
    operation.response_models.update(REFUSALS)


class PageOut(Schema, Generic[Item]):
    """Some rows of a list; ``next`` and ``previous`` go into ``after`` to get the pages beside it."""

    items: list[Item]
    next: str | None = None
    previous: str | None = None


def page_out(page: Page[Any]) -> dict[str, Any]:
    """A keyset page as ``PageOut`` wants it; rows are turned into its items by their attributes."""
    return {"items": page.rows, "next": page.next, "previous": page.previous}


def now() -> datetime.datetime:
    """The clock of this edge, passed into actions."""
    return timezone.now()


class Token(HttpBearer):
    """``Authorization: Bearer zy_…``, already checked by the middleware."""

    def authenticate(self, request: HttpRequest, _token: str) -> Actor | None:
        actor: Actor | None = getattr(request, "actor", None)
        return actor if actor is not None and actor.kind == "token" else None


class Session(APIKeyCookie):
    """The browser's session; what changes something needs the CSRF token too."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Actor | None:
        return self.authenticate(request, None)

    def authenticate(self, request: HttpRequest, _key: str | None) -> Actor | None:
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None or actor.kind != "user":
            return None
        if check_csrf(request):
            raise HttpError(403, _("The security token is missing or out of date. Load the page again."))
        return actor


class Docs(NinjaAPI):
    """The API with its description; the page of it is served from here, scripts and all."""

    def get_openapi_operation_id(self, operation: Any) -> str:
        return str(operation.view_func.__name__)


api = Docs(
    title="zhiyin",
    version=VERSION,
    description="What a page can do, the API can. Sign in with a token: `Authorization: Bearer zy_…`.",
    auth=[Token(), Session()],
    docs_url="/docs",
    urls_namespace="api",
)


class Routes:
    """The operations of one app; each declares the permission it needs (``None``: to be signed in)."""

    def __init__(self, tag: str) -> None:
        self.router = Router(tags=[tag])

    def get(self, path: str, **options: Any) -> Callable[[View], View]:
        return self._declare("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[View], View]:
        return self._declare("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[View], View]:
        return self._declare("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[View], View]:
        return self._declare("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[View], View]:
        return self._declare("DELETE", path, **{"status": 204, "response": None, **options})

    def _declare(
        self,
        method: str,
        path: str,
        *,
        permission: str | None,
        response: Any,
        status: int = 200,
        **options: Any,
    ) -> Callable[[View], View]:
        extra = {"x-permission": permission, **options.pop("openapi_extra", {})}

        def decorate(view: View) -> View:
            @functools.wraps(view)
            def guarded(request: Request, *args: Any, **kwargs: Any) -> Any:
                if permission:
                    request.actor.require(permission)
                result = view(request, *args, **kwargs)
                return result if isinstance(result, HttpResponseBase) else Status(status, result)

            guarded.permission = permission  # type: ignore[attr-defined]  # read by the permission table's test
            contribute_operation_callback(guarded, _refuses)
            self.router.api_operation(
                [method], path, response={status: response}, openapi_extra=extra, **options
            )(guarded)
            return view

        return decorate


def _answer(
    request: HttpRequest, status: int, code: str, message: str, field: str | None = None
) -> HttpResponse:
    fault = {"error": {"code": code, "message": message, "field": field}}
    return api.create_response(request, fault, status=status)


@api.exception_handler(DomainError)
def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    code = re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
    return _answer(request, error.status, code, str(error.message), error.field)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0]
    place = [str(part) for part in first["loc"] if part not in ("body", "query", "path")]
    return _answer(request, 422, "invalid", str(first["msg"]), ".".join(place[-2:]) or None)


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return _answer(request, 401, "not_signed_in", _("Sign in, or send a valid token."))


@api.exception_handler(Http404)
def _missing(request: HttpRequest, _error: Http404) -> HttpResponse:
    return _answer(request, 404, "not_found", _("Not found."))


def nowhere(request: HttpRequest) -> HttpResponse:
    """The answer for addresses of no operation: a program reads JSON there too."""
    return _answer(request, 404, "not_found", _("Not found."))


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    code = {400: "malformed", 403: "permission_denied", 404: "not_found"}.get(error.status_code, "refused")
    return _answer(request, error.status_code, code, str(error))
