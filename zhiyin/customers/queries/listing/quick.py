"""What the command palette finds while one types."""

from collections.abc import Mapping
from typing import Any

from zhiyin.customers import access
from zhiyin.customers.fields import veiled_row
from zhiyin.customers.filters.seeing import MOST_LOOKED_AT, found_openly, sees_all_words
from zhiyin.customers.queries import searching
from zhiyin.platform.actors import Actor


def quick_search(actor: Actor, text: str, *, limit: int = 8) -> list[Mapping[str, object]]:
    """The first few customers for the command palette, those first whose code or number this is as a whole.

    One SQL statement for a name, more for a number.
    """
    words = searching.query(actor, text)
    if words is None:
        return []
    if not sees_all_words(actor):
        most = searching.MOST_FOUND if access.sees_everybody(actor) else MOST_LOOKED_AT
        some: Any = found_openly(actor, words, most=most)
    else:
        visible = None if access.sees_everybody(actor) else access.customers(actor)
        some = searching.first_found(words, wanted=limit, visible=visible)
    rows = access.customers(actor).order_by("name_key", "id").values("id", "code", "name", "city", "status")
    also = searching.exact(actor, text)
    exact = list(rows.filter(pk__in=also)[:limit]) if also else []
    found = rows.filter(pk__in=some).exclude(pk__in=also)[: limit - len(exact)]
    return [veiled_row(actor, row) for row in (*exact, *found)]
