"""Views of a list that people saved."""

import functools

from zhiyin.customers import access
from zhiyin.customers.models import SavedView
from zhiyin.platform.actors import Actor
from zhiyin.platform.database.planned import Planned


def saved_views(actor: Actor, page: str) -> list[SavedView]:
    return _saved_views(actor, page)(actor.tenant_id)


@functools.lru_cache(maxsize=500)
def _saved_views(actor: Actor, page: str) -> Planned[SavedView]:
    return Planned(lambda _key: access.saved_views(actor, page).order_by("created_at"))
