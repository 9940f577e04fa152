"""Targets of people, units, products and customers for a period."""

import datetime
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from zhiyin.accounts.access import within
from zhiyin.accounts.models import Tenant, Unit
from zhiyin.commerce.models import Product
from zhiyin.customers import access as customers
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound, PermissionDenied
from zhiyin.platform.record import record
from zhiyin.sales import access
from zhiyin.sales.choices import Measure
from zhiyin.sales.events import TargetsChanged
from zhiyin.sales.models import Target
from zhiyin.sales.periods import KINDS, Kind, Period
from zhiyin.sales.queries.targets import come_to

MOST = 2000
Key = tuple[uuid.UUID | None, uuid.UUID | None, uuid.UUID | None, uuid.UUID | None, str]


class TargetChanged(Conflict):
    message = later("Somebody else has changed these targets meanwhile. Look at them again.")


@dataclass(frozen=True, slots=True)
class Goal:
    """A target to be set; without a ``value`` there shall be none. With ``is_seen``, ``seen`` is what whoever sets it saw before."""

    value: Decimal | None
    member_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None
    product_id: uuid.UUID | None = None
    customer_id: uuid.UUID | None = None
    measure: Measure = Measure.AMOUNT
    seen: Decimal | None = None
    is_seen: bool = False

    @property
    def key(self) -> Key:
        return self.member_id, self.unit_id, self.product_id, self.customer_id, self.measure


def set_targets(*, actor: Actor, period: Period, goals: Sequence[Goal], now: datetime.datetime) -> int:
    """Set, change and take away targets of a period, all or none; gives how many changed.

    Raises ``TargetChanged`` where one is not what was seen, ``PermissionDenied`` for whom the actor does not lead, ``Invalid``.
    """
    actor.require("sales.manage")
    if len(goals) > MOST:
        raise Invalid(_("These are too many targets at once."))
    for goal in goals:
        _check(goal)
    _require_reach(actor, goals)
    with transaction.atomic():
        _take_turns()
        there = {_key(each): each for each in Target.objects.filter(kind=period.kind, starts_on=period.start)}
        changes: dict[str, Any] = {}
        for goal in goals:
            changes |= _set(period, goal, there.get(goal.key), now)
        if changes:
            record(TargetsChanged(str(period)), actor=actor, now=now, changes=changes)
    return len(changes)


def remove_target(*, actor: Actor, target_id: uuid.UUID, now: datetime.datetime) -> Period:
    """Take one away; gives its period. Raises ``NotFound``."""
    actor.require("sales.manage")
    found = access.targets(actor).filter(pk=target_id).first()
    if found is None:
        raise NotFound
    period = Period.of(cast(Kind, found.kind), found.starts_on)
    set_targets(
        actor=actor,
        period=period,
        goals=[Goal(None, *_key(found)[:4], measure=Measure(found.measure))],
        now=now,
    )
    return period


def copy_targets(*, actor: Actor, since: Period, to: Period, growth: Decimal, now: datetime.datetime) -> int:
    """Set the targets of a period as those of another, so many per cent higher, where there are none yet; gives how many."""
    actor.require("sales.manage")
    if since.kind != to.kind or since == to:
        raise Invalid(_("Choose another period of the same length."), field="since")
    if not Decimal(-100) < growth <= Decimal(1000):
        raise Invalid(_("Give a growth between -100 and 1000 per cent."), field="growth")
    there = {_key(each) for each in access.targets(actor).filter(kind=to.kind, starts_on=to.start)}
    goals = [
        Goal(_grown(each, growth), *_key(each)[:4], measure=Measure(each.measure), is_seen=True)
        for each in access.targets(actor).filter(kind=since.kind, starts_on=since.start)
        if _key(each) not in there
    ]
    return set_targets(actor=actor, period=to, goals=goals, now=now)


def keep_attained(*, actor: Actor, now: datetime.datetime) -> None:
    """Write down what targets of the periods that last have come to today: of the last day it stays."""
    today = timezone.localdate(now)
    currency = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    for period in (Period.of(kind, today) for kind in KINDS):
        found = list(Target.objects.filter(kind=period.kind, starts_on=period.start))
        if not found:
            continue
        come = come_to(period, found, currency=currency, today=today)
        for each in found:
            each.attained, each.attained_on = come[each.pk], today
        Target.objects.bulk_update(found, ["attained", "attained_on"], batch_size=500)


def _check(goal: Goal) -> None:
    if goal.member_id and goal.unit_id:
        raise Invalid(_("A target is a person's or a unit's."), field="unit_id")
    if goal.value is None:
        return
    if not goal.value.is_finite() or not 0 < goal.value < Decimal(10) ** 15:
        raise Invalid(_("A target is more than nothing."), field="value")
    if goal.measure == Measure.COUNT and goal.value != goal.value.to_integral_value():
        raise Invalid(_("A number of deals is whole."), field="value")


def _require_reach(actor: Actor, goals: Iterable[Goal]) -> None:
    """Raise for people, units, products and customers that there are not, or that are not the actor's to lead."""
    asked = [*goals]
    if actor.scope != "all" and any(not each.member_id and not each.unit_id for each in asked):
        raise PermissionDenied
    units = Unit.objects.all() if actor.scope == "all" else Unit.objects.filter(pk__in=actor.unit_ids)
    for name, rows in (
        ("member_id", within(actor)),
        ("unit_id", units),
        ("product_id", Product.objects.all()),
        ("customer_id", customers.customers(actor)),
    ):
        wanted = {getattr(each, name) for each in asked} - {None}
        if wanted and rows.filter(pk__in=wanted).count() != len(wanted):
            raise Invalid(_("There is none of this name that you reach."), field=name)


def _set(period: Period, goal: Goal, there: Target | None, now: datetime.datetime) -> dict[str, Any]:
    before = there.value if there else None
    if goal.is_seen and goal.seen != before:
        raise TargetChanged
    if goal.value == before:
        return {}
    if goal.value is None:
        assert there
        there.delete()
    elif there:
        there.value, there.version, there.updated_at = goal.value, there.version + 1, now
        there.save(update_fields=["value", "version", "updated_at"])
    else:
        names = {name: getattr(goal, name) for name in ("member_id", "unit_id", "product_id", "customer_id")}
        Target.objects.create(
            kind=period.kind, starts_on=period.start, measure=goal.measure, value=goal.value, created_at=now, updated_at=now, **names
        )  # fmt: skip
    name = " ".join(str(each) for each in goal.key if each)
    return {name: [before and str(before), goal.value and str(goal.value)]}


def _key(target: Target) -> Key:
    return target.member_id, target.unit_id, target.product_id, target.customer_id, target.measure


def _grown(target: Target, growth: Decimal) -> Decimal:
    smallest = Decimal(1) if target.measure == Measure.COUNT else Decimal("0.01")
    return max(smallest, (target.value * (1 + growth / 100)).quantize(smallest, ROUND_HALF_UP))


def _take_turns() -> None:
    """Until the transaction ends, others who set targets wait: of one that is not there no row can be locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(current_tenant()::text, 7))")
