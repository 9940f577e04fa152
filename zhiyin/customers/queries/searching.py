"""What the search box finds, through a function that reads the documents of the tenant."""

from collections.abc import Sequence
from typing import Any

from django.db.models.expressions import RawSQL

from zhiyin.customers.filters.searching import count_found, found
from zhiyin.customers.keys import search_words
from zhiyin.platform import search
from zhiyin.platform.actors import Actor

__all__ = ["MOST_FOUND", "count_found", "first_found", "found", "query"]
# of a search without any filter, only so many are sorted; people refine it long before
MOST_FOUND = 1000


def query(actor: Actor, text: str) -> search.Query | None:
    """What somebody typed; ``None`` when there is nothing to look for."""
    return search.query(actor.tenant_id, search_words(text))


def first_found(
    words: search.Query, behind: Sequence[Any] = (), descending: bool = False, wanted: int = 50
) -> RawSQL:
    """The ids of the next by name behind a name's key and an id, out of ``MOST_FOUND``; from documents alone.

    Each customer found may lie on a page of its own, in the table and in its index: only those that are
    shown are to be looked up there.
    """
    sign, way = ("<", "DESC") if descending else (">", "ASC")
    beyond = f" WHERE (name_key, id) {sign} (%s, %s)" if behind else ""
    return RawSQL(  # noqa: S611 - all that is put in are signs and a number
        "SELECT id FROM search_customers(%s::int[], %s, %s)"  # noqa: S608
        f"{beyond} ORDER BY name_key {way}, id {way} LIMIT {wanted:d}",
        [words.tokens, words.patterns, MOST_FOUND, *behind],
    )
