"""The search box must not tell by what it finds what a role may not see."""

import uuid

from django.db import connection

from zhiyin.customers import access
from zhiyin.customers.contact_keys import SEARCHED
from zhiyin.platform import search
from zhiyin.platform.actors import Actor

# of what words find beside a filter, so many are looked at; of words alone the caller says how many
MOST_LOOKED_AT = 10_000
_OPEN_LINES = """
SELECT s.customer_id FROM search_customers(%s::int[], %s, %s) AS found
JOIN customers_customersearch s ON s.customer_id = found.id WHERE (
    SELECT string_agg(line, E'\\n') FROM unnest(string_to_array(s.text, E'\\n')) AS line WHERE line NOT IN (
        SELECT lower(p.value_key) FROM customers_contactpoint p
        WHERE p.customer_id = s.customer_id AND p.kind = ANY(%s)
    )
) LIKE ALL (%s)
"""


def sees_all_words(actor: Actor) -> bool:
    """Whether this actor sees everything that the search box finds customers by."""
    return not SEARCHED & access.closed(actor)


def found_openly(actor: Actor, words: search.Query, *, most: int = MOST_LOOKED_AT) -> list[uuid.UUID]:
    """Who is found without contact points of the kinds that the actor does not see whole. One SQL statement."""
    unseen = sorted(SEARCHED & access.closed(actor))
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_LINES, [words.tokens, words.patterns, most, unseen, words.patterns])
        return [key for (key,) in cursor.fetchall()]
