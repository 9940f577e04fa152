"""Saved views: a list's filter, order and columns under a name."""

import datetime
import uuid
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Member
from zhiyin.customers import access
from zhiyin.customers.events import ViewSaved
from zhiyin.customers.models import SavedView
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.platform.record import record

PAGES = ("customers", "orders", "products")


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
    actor.require(f"{page}.view")
    if shared:
        actor.require(f"{page}.edit")
    elif actor.member_id is None:
        raise Invalid(_("Only a member keeps views of his own."))
    name = " ".join(name.split())
    if not name or len(name) > 100 or "\0" in name + query:
        raise Invalid(_("A view has a name of up to 100 characters."), field="name")
    if len(query) > 2000:
        raise Invalid(_("This filter is too long to be kept."), field="query")
    view, created = SavedView.objects.update_or_create(
        member=None if shared else Member.objects.filter(pk__in=[actor.member_id]).first(),
        page=page,
        name=name,
        defaults={"query": query, "columns": list(columns)},
        create_defaults={"query": query, "columns": list(columns), "created_at": now},
    )
    record(
        ViewSaved(view.pk, "added" if created else "changed"),
        actor=actor,
        now=now,
        subject=("view", view.pk),
        changes={"name": [None, name], "query": [None, query]},
    )
    return view


def delete_view(*, actor: Actor, view_id: uuid.UUID, now: datetime.datetime) -> SavedView:
    """Forget a view of one's own or, who may edit, a shared one."""
    view = access.saved_view(actor, view_id)
    if view.member_id is None and not actor.may(f"{view.page}.edit"):
        raise PermissionDenied
    SavedView.objects.filter(pk=view.pk).delete()
    record(
        ViewSaved(view.pk, "removed"),
        actor=actor,
        now=now,
        subject=("view", view.pk),
        changes={"name": [view.name, None]},
    )
    return view
