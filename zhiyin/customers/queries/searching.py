"""What the search box finds, through a function that reads the documents of the tenant."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models.expressions import RawSQL

from zhiyin.customers.filters.searching import count_found, exact, found
from zhiyin.customers.keys import search_words
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
) -> RawSQL:
    """The ids of the next by name behind a name's key and an id, out of ``MOST_FOUND``; from documents alone.

    Each customer found may lie on a page of its own, in the table and in its index: only those that are
    shown are to be looked up there.
    """
    sign, way = ("<", "DESC") if descending else (">", "ASC")
    beyond = f" WHERE (name_key, id) {sign} (%s, %s)" if behind else ""
    values: list[Any] = [words.tokens, words.patterns, MOST_FOUND]
    rows = "search_customers(%s::int[], %s, %s)"
    if also:
        named = "SELECT id, name_key FROM customers_customer WHERE id = ANY(%s::uuid[])"
        rows = f"(SELECT id, name_key FROM {rows} UNION {named}) found"  # noqa: S608
        values.append(list(also))
    return RawSQL(  # noqa: S611 - all that is put in are signs and a number
        f"SELECT id FROM {rows}{beyond} ORDER BY name_key {way}, id {way} LIMIT {wanted:d}",  # noqa: S608
        [*values, *behind],
    )
