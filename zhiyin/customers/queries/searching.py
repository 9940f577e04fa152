"""What the search box finds, through a function that reads the documents of the tenant."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet, Value
from django.db.models.expressions import RawSQL

from zhiyin.customers.filters.searching import count_found, exact, found
from zhiyin.customers.keys import search_words
from zhiyin.customers.models import Customer
from zhiyin.platform import search
from zhiyin.platform.actors import Actor

__all__ = ["MOST_FOUND", "count_found", "exact", "first_found", "found", "query"]
# of a search without any filter, only so many are sorted; people refine it long before
MOST_FOUND = 1000


def query(actor: Actor, text: str) -> search.Query | None:
    """What somebody typed; ``None`` when there is nothing to look for."""
    return search.query(actor.tenant_id, search_words(text))


def first_found(
    words: search.Query,
    behind: Sequence[Any] = (),
    descending: bool = False,
    wanted: int = 50,
    *,
    also: Sequence[uuid.UUID] = (),
    visible: QuerySet[Customer] | None = None,
) -> RawSQL:
    """The ids of the next by name behind a name's key and an id; from documents alone, so out of ``MOST_FOUND``.

    Each customer found may lie on a page of its own, in the table and in its index: only those that are
    shown are to be looked up there. For who does not see all, those found are gone through in order, all of them,
    until so many are ``visible``.
    """
    sign, way = ("<", "DESC") if descending else (">", "ASC")
    order = f"ORDER BY name_key {way}, id {way}"
    rows, values = (
        "search_customers(%s::int[], %s, %s)",
        [words.tokens, words.patterns, MOST_FOUND if visible is None else None],
    )
    if also:
        named = "SELECT id, name_key FROM customers_customer WHERE id = ANY(%s::uuid[])"
        rows = f"(SELECT id, name_key FROM {rows} UNION {named}) found"  # noqa: S608
        values.append(list(also))
    conditions = []
    if visible is not None:
        # a query of its own for each: joined, all that are found would be looked up first
        rows = f"(SELECT id, name_key FROM {rows} {order}) found"  # noqa: S608
        seen, params = (
            visible.filter(pk=RawSQL("found.id", ())).values(yes=Value(value=True)).query.sql_with_params()
        )
        conditions.append(f"({seen})")
        values += params
    if behind:
        conditions.append(f"(name_key, id) {sign} (%s, %s)")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    return RawSQL(  # noqa: S611 - all that is put in are signs and a number
        f"SELECT id FROM {rows} {where} {order} LIMIT {wanted:d}",  # noqa: S608
        [*values, *behind],
    )
