"""What a row of the permission table is, and the means to try it."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.cast import Company
from zhiyin.platform.tenancy import scope

COLUMNS = ("anonymous", "lin", "chen", "ma", "wu", "an", "xu", "gao", "other gao")
# written by asking alone, and no part of anybody's data
IGNORED = {"django_session", "usersessions_usersession", "accounts_signinattempt", "django_migrations"}


@dataclass(frozen=True)
class Row:
    """One URL or operation, and the status that each of ``COLUMNS`` gets, in that order.

    ``given`` runs inside the first company's scope and returns the address's arguments; it may make what the
    request is about. ``data`` is what is sent (JSON to the API), or makes it from the company and the
    arguments. A number in ``statuses`` may be followed by ``*n`` for n neighbours alike: ``"302 200*7 404"``.
    """

    method: str
    name: str
    statuses: str
    given: Callable[[Company], Mapping[str, Any]] = lambda _company: {}
    data: Mapping[str, Any] | Callable[[Company, Mapping[str, Any]], Mapping[str, Any]] = field(
        default_factory=dict
    )
    query: str = ""
    note: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.name}{' ' + self.note if self.note else ''}"

    @property
    def expected(self) -> dict[str, int]:
        statuses: list[int] = []
        for part in self.statuses.split():
            status, _star, times = part.partition("*")
            statuses += [int(status)] * int(times or 1)
        return dict(zip(COLUMNS, statuses, strict=True))


def all_rows() -> list[Row]:
    """The rows of every file in ``tests/permissions/rows/``."""
    package = importlib.import_module("tests.permissions.rows")
    modules = [module.name for module in pkgutil.iter_modules(package.__path__)]
    return [row for name in modules for row in importlib.import_module(f"tests.permissions.rows.{name}").ROWS]


class ResentFile(SimpleUploadedFile):
    """A file that each of the askers sends whole."""

    def read(self, *args: Any) -> bytes:
        self.seek(0)
        return bytes(super().read(*args))


@dataclass(frozen=True)
class Question:
    """A row's request, with what it is about already made."""

    row: Row
    address: str
    data: Mapping[str, Any]

    def ask(self, client: Client) -> int:
        """Send it and give the status."""
        send = getattr(client, self.row.method.lower())
        has_file = any(hasattr(value, "read") for value in self.data.values())
        if self.row.method != "GET" and self.row.name.startswith("api:") and not has_file:
            response = send(self.address, self.data, content_type="application/json")
        else:
            response = send(self.address, self.data)
        return int(response.status_code)


def question(row: Row, company: Company) -> Question:
    """The request of ``row`` in ``company``."""
    with company.scope():
        arguments = row.given(company)
        data = row.data(company, arguments) if callable(row.data) else row.data
    query = f"?{row.query}" if row.query else ""
    return Question(row, reverse(row.name, kwargs=dict(arguments)) + query, data)


def clients(cast: Company, other: Company) -> dict[str, Client]:
    """A browser for each column."""
    people = {name: person.client for name, person in cast.people.items()}
    return {"anonymous": Client(), **people, "other gao": other.gao.client}


def fingerprint(*companies: Company) -> dict[str, Any]:
    """Count and hash of all rows of every table, as each of the companies sees them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace ORDER BY 1"
        )
        tables = [name for (name,) in cursor.fetchall() if name not in IGNORED]
    parts = [
        f"SELECT '{table}', count(*), sum(hashtextextended(t::text, 0)) FROM {table} t" for table in tables
    ]
    seen: dict[str, Any] = {}
    for company in companies:
        with scope(company.tenant.id), connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts))
            seen |= {f"{company.tenant.code} {table}": rest for table, *rest in cursor.fetchall()}
    return seen


def writes() -> dict[str, int]:
    """Rows inserted, updated and deleted so far in this transaction, by table, kept or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
        )
        return {table: count for table, count in cursor.fetchall() if table not in IGNORED}


@dataclass(frozen=True)
class Route:
    """An address of the product, with the function behind it."""

    name: str
    view: Any


def routes() -> list[Route]:
    """Every named address; the API's are given by operation in ``operations``."""
    return list(_routes(get_resolver(), ""))


def _routes(resolver: URLResolver, namespace: str) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            deeper = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _routes(pattern, deeper)
        elif isinstance(pattern, URLPattern):
            yield Route(f"{namespace}{pattern.name or str(pattern.pattern)}", pattern.callback)


def takes_posts(route: Route) -> bool:
    """Whether a page of ours, not one of a library's, does something with what is posted to it."""
    view = inspect.unwrap(route.view)
    ours = getattr(view, "__module__", "").startswith("zhiyin.web")
    return ours and ("POST" in inspect.getsource(view) or _only_posts(route.view))


def _only_posts(view: Any) -> bool:
    while not (allowed := inspect.getclosurevars(view).nonlocals.get("request_method_list")):
        view = getattr(view, "__wrapped__", None)
        if view is None:
            return False
    return "POST" in allowed


def operations() -> list[tuple[str, str, str | None]]:
    """Method, name and permission of every operation of the API."""
    from zhiyin.api.http import api

    return [
        (method.upper(), f"api:{operation['operationId']}", operation.get("x-permission", "undeclared"))
        for path in api.get_openapi_schema()["paths"].values()
        for method, operation in path.items()
    ]
