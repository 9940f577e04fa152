"""The search box must not tell by what it finds what a role may not see."""

from django.db.models import Q
from django.db.models.expressions import RawSQL

from zhiyin.customers import access
from zhiyin.customers.contact_keys import SEARCHED
from zhiyin.platform import search
from zhiyin.platform.actors import Actor

_OPEN_LINES = """
SELECT s.customer_id FROM customers_customersearch s WHERE s.customer_id = customers_customer.id AND (
    SELECT string_agg(line, E'\\n') FROM unnest(string_to_array(s.text, E'\\n')) AS line WHERE line NOT IN (
        SELECT lower(p.value_key) FROM customers_contactpoint p
        WHERE p.customer_id = s.customer_id AND p.kind = ANY(%s)
    )
) LIKE ALL (%s)
"""


def sees_all_words(actor: Actor) -> bool:
    """Whether this actor sees everything that the search box finds customers by."""
    return not SEARCHED & access.closed(actor)


def by_open_words(actor: Actor, words: search.Query) -> Q:
    """Whoever is found without contact points of the kinds that the actor does not see whole."""
    if sees_all_words(actor):
        return Q()
    unseen = sorted(SEARCHED & access.closed(actor))
    return Q(pk=RawSQL(_OPEN_LINES, [unseen, words.patterns]))  # noqa: S611 - all that is put in are parameters
