"""Conditions on the words that the search box understands."""

import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL

from zhiyin.customers.keys import code_key
from zhiyin.customers.models import Customer
from zhiyin.platform import search
from zhiyin.platform.actors import Actor

FOUND = "SELECT id FROM search_customers(%s::int[], %s, %s)"
# numbers and codes of other records, and mail addresses, are looked up whole, when a word may be one
_NUMBER = re.compile(r"(?=.*(\d{3}|@))[^\s\x00]{3,64}")

Finder = Callable[[Actor, str], Iterable[uuid.UUID]]
_finders: list[Finder] = []


def register(finder: Finder) -> None:
    """Find customers by the number of something of theirs, such as an order, from then on."""
    _finders.append(finder)


def exact(actor: Actor, text: str) -> list[uuid.UUID]:
    """Whose code, or whose order's number, this is as a whole; some SQL statements, none for a name."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return []
    coded = Customer.objects.filter(code_key=code_key(text)).values_list("pk", flat=True)
    return [*coded, *(each for finder in _finders for each in finder(actor, text))]


def found(words: search.Query, *, most: int | None = None, also: Sequence[uuid.UUID] = ()) -> RawSQL:
    """The ids of those found, and ``also`` these; the database reads ``most`` of the former at most."""
    values: list[Any] = [words.tokens, words.patterns, most]
    if also:
        return RawSQL(f"{FOUND} UNION SELECT unnest(%s::uuid[])", [*values, list(also)])  # noqa: S611
    return RawSQL(FOUND, values)  # noqa: S611 - all that is put in are parameters


def count_found(words: search.Query, most: int, *, also: Sequence[uuid.UUID] = ()) -> int:
    """How many of a tenant's customers are found, at most ``most``, or are ``also`` among them."""
    values: list[Any] = [words.tokens, words.patterns, most]
    rows = FOUND
    if also:
        rows = f"{FOUND} UNION SELECT unnest(%s::uuid[])"
        values.append(list(also))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({rows}) found", values)  # noqa: S608 - values are parameters
        number: int = cursor.fetchone()[0]
    return number
