"""Conditions on the words that the search box understands."""

from django.db import connection
from django.db.models.expressions import RawSQL

from zhiyin.platform import search


def found(words: search.Query, *, most: int | None = None) -> RawSQL:
    """The ids of those found; the database reads ``most`` of them at most."""
    return RawSQL("SELECT id FROM search_customers(%s::int[], %s, %s)", [words.tokens, words.patterns, most])


def count_found(words: search.Query, most: int) -> int:
    """How many of a tenant's customers are found, at most ``most``."""
    with connection.cursor() as cursor:
        sql = "SELECT count(*) FROM search_customers(%s::int[], %s, %s)"
        cursor.execute(sql, [words.tokens, words.patterns, most])
        number: int = cursor.fetchone()[0]
    return number
