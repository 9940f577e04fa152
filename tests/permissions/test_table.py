"""One table over every URL and API operation and every member of the cast; a denial changes nothing."""

from collections import Counter

import pytest
from django.db import transaction

from tests.cast import PEOPLE as CAST_PEOPLE
from tests.cast import ROLES, Company
from tests.permissions.table import (
    Route,
    Row,
    all_rows,
    clients,
    fingerprint,
    operations,
    question,
    routes,
    takes_posts,
    writes,
)

ROWS = all_rows()
HOW = """
Each URL and each API operation needs its row in tests/permissions/rows/<app>.py, such as

    Row("GET", "customers:record", "302 200*3 404*2 200*2 404", given=a_customer)

with the status for: anonymous, lin, chen, ma, wu, an, xu, gao, other gao (see tests/cast.py).
Missing:
"""
# pages that anybody may ask for, and why
OPEN = {
    "web:preferences": "the language is chosen before signing in",
    "accounts:switch": "a person without a company yet has no permissions",
    "healthz": "probes carry no session",
    "readyz": "probes carry no session",
    "activities:read_calendar_feed": "for programs that have the secret address",
    "customers:shown_document": "for whoever was given the link",
    "customers:opened_document": "for whoever was given the link",
    "sales:fill_in": "strangers fill it in",
    "metrics": "asked from the machine itself, which the view checks",
}


@pytest.mark.django_db
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_gets_what_the_table_says(row: Row, cast: Company, other: Company) -> None:
    got: dict[str, int] = {}
    everybody = clients(cast, other)
    asked = question(row, cast)
    before = fingerprint(cast, other)
    for column, client in everybody.items():
        denied = (column == "anonymous" and row.name not in OPEN) or row.expected[column] >= 400
        with transaction.atomic():
            written = writes()
            got[column] = asked.ask(client)
            # what was written and taken back is no change, so then all rows are compared
            if denied and writes() != written:
                after = fingerprint(cast, other)
                changed = [name for name, rows in before.items() if after[name] != rows]
                assert not changed, f"{row}: refused {column}, yet these changed: {changed}"
            transaction.set_rollback(True)
    assert got == row.expected


def test_every_route_has_a_row() -> None:
    known = Counter(row.name for row in ROWS)
    missing = sorted({route.name for route in routes() if not _is_api(route) and not known[route.name]})
    assert not missing, HOW + "\n".join(missing)


def test_every_page_that_takes_posts_has_a_row_for_them() -> None:
    known = {row.name for row in ROWS if row.method == "POST"}
    missing = sorted(route.name for route in routes() if takes_posts(route) and route.name not in known)
    assert not missing, HOW + "\n".join(f"POST {name}" for name in missing)


def test_every_operation_has_a_row() -> None:
    known = {(row.method, row.name) for row in ROWS}
    missing = sorted(f"{method} {name}" for method, name, _may in operations() if (method, name) not in known)
    assert not missing, HOW + "\n".join(missing)


def test_no_row_is_left_of_a_route_that_went() -> None:
    names = {route.name for route in routes()} | {name for _method, name, _may in operations()}
    assert not sorted({row.name for row in ROWS} - names)


def test_every_page_and_operation_declares_its_permission() -> None:
    undeclared = [
        route.name
        for route in routes()
        if route.view.__module__.startswith("zhiyin.")
        and not hasattr(route.view, "permission")
        and route.name not in OPEN
    ]
    undeclared += [name for _method, name, permission in operations() if permission == "undeclared"]
    assert not undeclared, "decorate with @page(permission=…) or declare permission=…: " + ", ".join(
        undeclared
    )


def test_the_table_agrees_with_the_declared_permissions() -> None:
    """Nobody without the permission gets through, whatever a row says."""
    needs: dict[str, str | None] = {name: permission for _method, name, permission in operations()}
    needs |= {route.name: getattr(route.view, "permission", None) for route in routes() if not _is_api(route)}
    wrong = [
        f"{row}: {name} lacks {needs[row.name]} but gets {row.expected[name]}"
        for row in ROWS
        for name in CAST_PEOPLE
        if not _holds(name, needs.get(row.name)) and row.expected[name] not in (403, 404)
    ]
    assert not wrong, "\n".join(wrong)


def _holds(name: str, permission: str | None) -> bool:
    permissions = ROLES[CAST_PEOPLE[name][1]].permissions
    return permission is None or permissions is None or permission in permissions


def _is_api(route: Route) -> bool:
    return route.name.startswith("api:") and route.name not in ("api:openapi-json", "api:openapi-view")


@pytest.mark.django_db
def test_a_change_by_somebody_refused_would_be_noticed(cast: Company, other: Company) -> None:
    before, written = fingerprint(cast, other), writes()
    assert fingerprint(cast, other) == before
    with other.scope():
        type(other.units["总部"]).objects.filter(name="总部").update(name="改")
    assert writes() != written
    after = fingerprint(cast, other)
    assert {name for name in before if before[name] != after[name]} == {"beichen accounts_unit"}
