"""What the search box finds, through a function that reads the documents of the tenant."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL

from zhiyin.customers.keys import search_words
from zhiyin.platform import search
from zhiyin.platform.actors import Actor

# of a search without any filter, only so many are sorted; people refine it long before
MOST_FOUND = 1000


def query(actor: Actor, text: str) -> search.Query | None:
    """What somebody typed; ``None`` when there is nothing to look for."""
    return search.query(actor.tenant_id, search_words(text))


def found(words: search.Query, *, most: int | None = None) -> RawSQL:
    """The ids of those found; the database reads ``most`` of them at most."""
    return RawSQL("SELECT id FROM search_customers(%s::int[], %s, %s)", [words.tokens, words.patterns, most])


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


def count_found(words: search.Query) -> int:
    """How many of a tenant's customers are found, at most ``MOST_FOUND``."""
    with connection.cursor() as cursor:
        sql = "SELECT count(*) FROM search_customers(%s::int[], %s, %s)"
        cursor.execute(sql, [words.tokens, words.patterns, MOST_FOUND])
        number: int = cursor.fetchone()[0]
    return number
