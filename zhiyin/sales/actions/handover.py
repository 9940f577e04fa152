"""Of what a member hands over: open opportunities, and leads that nothing has come of yet."""

import datetime
import uuid
from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db.models import F, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.handover import (
    Back,
    Belongs,
    Destined,
    Found,
    Handing,
    Part,
    by_taker,
    counted,
    kept,
    register,
)
from zhiyin.accounts.models import Member
from zhiyin.platform.actors import Actor
from zhiyin.platform.outbox import Event
from zhiyin.platform.record import write_each
from zhiyin.sales import access
from zhiyin.sales.choices import LeadState, StageKind
from zhiyin.sales.events import LeadChanged, OpportunityChanged
from zhiyin.sales.models import Lead, Opportunity

Owned = type[Opportunity] | type[Lead]


def _opportunities(actor: Actor) -> QuerySet[Any]:
    return access.opportunities(actor, "full").filter(state=StageKind.OPEN)


def _leads(actor: Actor) -> QuerySet[Any]:
    return access.leads(actor).exclude(state__in=[LeadState.CONVERTED, LeadState.UNFIT])


def _part(
    code: str,
    label: str | Promise,
    model: Owned,
    rows_of: Callable[[Actor], QuerySet[Any]],
    event: type[Event],
) -> Part:
    """What has an owner, his unit, perhaps a customer, and a version."""

    def held(
        actor: Actor, members: Collection[uuid.UUID], _now: datetime.datetime
    ) -> Mapping[uuid.UUID, int]:
        return counted(rows_of(actor).filter(owner__in=members), "owner_id")

    def found(handing: Handing) -> Found:
        rows = rows_of(handing.actor).filter(owner=handing.giver_id).select_related("customer").order_by("pk")
        if handing.writes:
            rows = rows.select_for_update(no_key=True, of=("self",))
        owners = {each.pk: each.customer.owner_id if each.customer else None for each in rows}
        return Found({each.pk: Belongs(each.customer_id, owners[each.pk]) for each in rows})

    def give(handing: Handing, to: Destined) -> dict[str, str]:
        _move(model, event, handing.actor, to, handing.now)
        return kept(to)

    def give_back(back: Back) -> int:
        given = back.kept
        rows = model._default_manager.select_for_update().filter(pk__among=given, removed_at=None)
        same = [key for key, who in rows.values_list("pk", "owner_id") if who == given[key]]
        _move(model, event, back.actor, dict.fromkeys(same, back.giver_id), back.now)
        return len(same)

    return Part(code, label, "sales.edit", held, found, give, give_back, position=15)


def _move(model: Owned, event: type[Event], actor: Actor, to: Destined, now: datetime.datetime) -> None:
    """Each to its taker, and into his unit."""
    members = Member.objects.in_bulk({member for member in to.values() if member})
    rows = model._default_manager.filter(pk__among=to)
    before = dict(rows.values_list("pk", "owner__name"))
    for member, keys in by_taker(to).items():
        if member:
            model._default_manager.filter(pk__among=keys).update(
                owner=member, unit=members[member].unit_id, version=F("version") + 1, updated_at=now
            )
    each = {key: {"owner": [before[key], members[member].name]} for key, member in to.items() if member}
    write_each(event.name, actor=actor, now=now, kind=model._meta.model_name or "", changes=each)


register(_part("leads", _("Leads"), Lead, _leads, LeadChanged))
register(_part("opportunities", _("Open opportunities"), Opportunity, _opportunities, OpportunityChanged))
