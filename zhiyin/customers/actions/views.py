"""Saved views: a list's filter, order and columns under a name."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Member
from zhiyin.customers import access
from zhiyin.customers.actions.before import KEPT
from zhiyin.customers.events import ViewSaved
from zhiyin.customers.models import SavedView
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.record import record

# lists, and what the permissions are called that they need
PAGES = {
    "customers": "customers",
    "orders": "orders",
    "products": "products",
    "opportunities": "sales",
    "leads": "sales",
}
LONGEST = 8000


def save_view(
    *,
    actor: Actor,
    page: str,
    name: str,
    query: str,
    columns: Sequence[str] = (),
    shared: bool = False,
    now: datetime.datetime,
) -> SavedView:
    """Keep a view under its name, for oneself or, who may edit, for everybody.

    A view of the same name is written over.
    """
    if page not in PAGES:
        raise Invalid(_("There is no such list."), field="page")
    actor.require(f"{PAGES[page]}.view")
    if shared:
        actor.require(f"{PAGES[page]}.edit")
    elif actor.member_id is None:
        raise Invalid(_("Only a member keeps views of his own."))
    name, query = _checked(name, query)
    values = {"query": query, "columns": list(columns), "forgotten_at": None}
    view, created = SavedView.objects.update_or_create(
        member=None if shared else Member.objects.filter(pk__in=[actor.member_id]).first(),
        page=page,
        name=name,
        defaults=values,
        create_defaults={**values, "created_at": now},
    )
    _tell(actor, view, "added" if created else "changed", now, name=[None, name], query=[None, query])
    return view


def change_view(
    *,
    actor: Actor,
    view_id: uuid.UUID,
    name: str | None = None,
    query: str | None = None,
    columns: Sequence[str] | None = None,
    now: datetime.datetime,
) -> SavedView:
    """Name a view anew, or keep another filter, order and columns in it; what is ``None`` stays."""
    view = _mine(actor, view_id)
    before = view.name, view.query
    view.name, view.query = _checked(
        view.name if name is None else name, view.query if query is None else query
    )
    if columns is not None:
        view.columns = list(columns)
    same = SavedView.objects.filter(member=view.member_id, page=view.page, name=view.name)
    for other in same.exclude(pk=view.pk):
        if other.forgotten_at is None:
            raise Conflict(_("There is a view of this name already."), field="name")
        other.delete()
    view.save(update_fields=["name", "query", "columns"])
    _tell(actor, view, "changed", now, name=[before[0], view.name], query=[before[1], view.query])
    return view


def delete_view(*, actor: Actor, view_id: uuid.UUID, now: datetime.datetime) -> SavedView:
    """Forget a view of one's own or, who may edit, a shared one; for some days it can be had back."""
    view = _mine(actor, view_id)
    view.forgotten_at = now
    view.save(update_fields=["forgotten_at"])
    SavedView.objects.filter(forgotten_at__lt=now - KEPT).delete()
    _tell(actor, view, "removed", now, name=[view.name, None])
    return view


def restore_view(*, actor: Actor, view_id: uuid.UUID, now: datetime.datetime) -> SavedView:
    """Have a forgotten view back."""
    view = _mine(actor, view_id, forgotten=True)
    view.forgotten_at = None
    view.save(update_fields=["forgotten_at"])
    _tell(actor, view, "added", now, name=[None, view.name])
    return view


def _mine(actor: Actor, view_id: uuid.UUID, *, forgotten: bool = False) -> SavedView:
    """A view that this actor may change."""
    view = access.saved_view(actor, view_id, forgotten=forgotten)
    actor.require(f"{PAGES[view.page]}.view" if view.member_id else f"{PAGES[view.page]}.edit")
    return view


def _checked(name: str, query: str) -> tuple[str, str]:
    name = " ".join(name.split())
    if not name or len(name) > 100 or "\0" in name + query:
        raise Invalid(_("A view has a name of up to 100 characters."), field="name")
    if len(query) > LONGEST:
        raise Invalid(_("This filter is too long to be kept."), field="query")
    return name, query


def _tell(actor: Actor, view: SavedView, what: str, now: datetime.datetime, **changes: Any) -> None:
    record(ViewSaved(view.pk, what), actor=actor, now=now, subject=("view", view.pk), changes=changes)
