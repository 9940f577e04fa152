"""Of what a member hands over: leads that nothing has come of yet."""

import datetime
import uuid
from collections.abc import Collection, Mapping

from django.db.models import F, QuerySet
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
from zhiyin.platform.record import write_each
from zhiyin.sales import access
from zhiyin.sales.choices import LeadState
from zhiyin.sales.events import LeadChanged
from zhiyin.sales.models import Lead


def _open(actor: Actor) -> QuerySet[Lead]:
    return access.leads(actor).exclude(state__in=[LeadState.CONVERTED, LeadState.UNFIT])


def _held(actor: Actor, members: Collection[uuid.UUID], _now: datetime.datetime) -> Mapping[uuid.UUID, int]:
    return counted(_open(actor).filter(owner__in=members), "owner_id")


def _found(handing: Handing) -> Found:
    rows = _open(handing.actor).filter(owner=handing.giver_id).order_by("pk")
    if handing.writes:
        rows = rows.select_for_update(no_key=True)
    return Found({each.pk: Belongs(None, None) for each in rows})


def _give(handing: Handing, to: Destined) -> dict[str, str]:
    _move(handing.actor, to, handing.now)
    return kept(to)


def _give_back(back: Back) -> int:
    given = back.kept
    rows = Lead.objects.select_for_update().filter(pk__among=given, removed_at=None)
    same = [key for key, who in rows.values_list("pk", "owner_id") if who == given[key]]
    _move(back.actor, dict.fromkeys(same, back.giver_id), back.now)
    return len(same)


def _move(actor: Actor, to: Destined, now: datetime.datetime) -> None:
    """Each to its taker, and into his unit."""
    members = Member.objects.in_bulk({member for member in to.values() if member})
    before = dict(Lead.objects.filter(pk__among=to).values_list("pk", "owner__name"))
    for member, keys in by_taker(to).items():
        if member:
            Lead.objects.filter(pk__among=keys).update(
                owner=member, unit=members[member].unit_id, version=F("version") + 1, updated_at=now
            )
    each = {key: {"owner": [before[key], members[member].name]} for key, member in to.items() if member}
    write_each(LeadChanged.name, actor=actor, now=now, kind="lead", changes=each)


register(Part("leads", _("Leads"), "sales.edit", _held, _found, _give, _give_back, position=14))
