"""Protection: for how long an owner keeps a customer; warning before it lapses, prolonging, reclaiming after."""

import datetime
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Value
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access, filters
from zhiyin.customers.actions.before import Before
from zhiyin.customers.actions.bulk import BULK_AT_ONCE, Done, Selection, selected
from zhiyin.customers.actions.holdings import refresh_holdings
from zhiyin.customers.actions.pooling import put_in
from zhiyin.customers.events import (
    CustomerChanged,
    CustomersReclaimed,
    LapsingTold,
    ProtectionProlonged,
    ProtectionRuleChanged,
)
from zhiyin.customers.filters import Group
from zhiyin.customers.models import Customer, Holding, ProtectionRule
from zhiyin.customers.queries.disputes import undisputed
from zhiyin.customers.queries.routing import routed
from zhiyin.platform import jobs, notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, PermissionDenied
from zhiyin.platform.record import record, write_each
from zhiyin.platform.text import checked
from zhiyin.platform.times import midnight
from zhiyin.platform.versions import require_seen

MOST_RULES = 50
KIND = "customers.reclaim"
LONGEST = datetime.timedelta(days=3650)


class RuleTaken(Conflict):
    message = _("There is a rule of this name already.")


@dataclass(frozen=True, slots=True)
class ProtectionRules:
    """A rule as ``ProtectionRule`` describes it."""

    name: str
    days: int
    filter: Group = field(default_factory=Group)
    position: int = 100
    warn_days: int = 7
    most_owned: int | None = None


FIELDS = tuple(each.name for each in fields(ProtectionRules))
_BOUNDS = {
    "days": (1, 3650),
    "position": (0, 1_000_000),
    "warn_days": (0, 365),
    "most_owned": (1, 10_000_000),
}


def create_protection_rule(*, actor: Actor, rules: ProtectionRules, now: datetime.datetime) -> ProtectionRule:
    """Raises ``RuleTaken`` and ``Invalid``."""
    actor.require("pools.manage")
    if ProtectionRule.objects.count() >= MOST_RULES:
        raise Invalid(_("These are enough rules."))
    made = ProtectionRule(created_at=now)
    _apply(actor, made, rules)
    made.save(force_insert=True)
    _changed(actor, made, "added", {name: [None, getattr(made, name)] for name in FIELDS}, now)
    return made


def change_protection_rule(
    *,
    actor: Actor,
    rule_id: uuid.UUID,
    rules: ProtectionRules,
    version: str | None = None,
    now: datetime.datetime,
) -> ProtectionRule:
    """Raises ``RuleTaken``, ``Invalid``, and ``Conflict`` when it is not of ``version`` any more."""
    actor.require("pools.manage")
    found = access.protection_rule(rule_id, lock=True)
    require_seen(version, str(found.version), found.name)
    before = {name: getattr(found, name) for name in FIELDS}
    _apply(actor, found, rules)
    different = {name: [old, new] for name, old in before.items() if (new := getattr(found, name)) != old}
    if different:
        found.version += 1
        found.save(update_fields=[*different, "version"])
        _changed(actor, found, "changed", different, now)
    return found


def set_rule_archived(
    *, actor: Actor, rule_id: uuid.UUID, archived: bool, now: datetime.datetime
) -> ProtectionRule:
    """An archived rule holds of nobody from the next working out on."""
    actor.require("pools.manage")
    found = access.protection_rule(rule_id, lock=True)
    if bool(found.archived_at) != archived:
        found.archived_at = now if archived else None
        found.save(update_fields=["archived_at"])
        what = "archived" if archived else "restored"
        _changed(actor, found, what, {"archived": [not archived, archived]}, now)
    return found


def prolong_protection(
    *,
    actor: Actor,
    selection: Selection,
    until: datetime.date | None,
    reason: str,
    now: datetime.datetime,
) -> Done:
    """Let owners keep customers until the end of a day whatever the rules say; without a day by the rules again.

    Of the selection those within the actor's record scope that have an owner. Raises ``Invalid``.
    """
    actor.require("pools.manage")
    said = checked(" ".join(reason.split()), "reason", 200)
    if not said:
        raise Invalid(_("Say why."), field="reason")
    ends = midnight(until, days=1) if until else None
    if ends and not now < ends <= now + LONGEST:
        raise Invalid(_("Choose a day to come."), field="until")
    rows = selected(actor, selection, "full").exclude(owner=None)
    ids = list(rows.values_list("pk", flat=True)[: BULK_AT_ONCE + 1])
    if len(ids) > BULK_AT_ONCE:
        raise Invalid(_("Choose fewer customers; %d at most.") % BULK_AT_ONCE)
    refresh_holdings(actor.tenant_id, now, ids)
    Holding.objects.filter(customer__among=ids).update(
        fixed_until=ends, fixed_reason=said if ends else "", warned_at=None
    )
    refresh_holdings(actor.tenant_id, now, ids)
    day = until.isoformat() if until else ""
    told: dict[str, list[Any]] = {"protected_until": [None, day], "reason": [None, said]}
    record(
        ProtectionProlonged(len(ids), day),
        actor=actor,
        now=now,
        changes={**told, "customers": [None, len(ids)]},
    )
    write_each(CustomerChanged.name, actor=actor, now=now, kind="customer", changes=dict.fromkeys(ids, told))
    return Done(len(ids))


def warn_owners(*, actor: Actor, now: datetime.datetime) -> int:
    """Tell owners, each once, of how many customers the protection ends soon; of how many in all."""
    actor.require("pools.manage")
    ends = F("until") - ExpressionWrapper(
        F("rule__warn_days") * Value(datetime.timedelta(days=1)), output_field=DurationField()
    )
    soon = Holding.objects.filter(until__gt=now, warned_at=None, owner__is_active=True)
    rows = soon.annotate(warn_at=ExpressionWrapper(ends, DateTimeField())).filter(warn_at__lte=now)
    found = list(rows.values_list("customer_id", "owner_id"))
    for owner, count in Counter(owner for _customer, owner in found).items():
        _tell_owner("customers.lapsing", owner, count, actor, now)
    ids = [customer for customer, _owner in found]
    Holding.objects.filter(customer__among=ids).update(warned_at=now)
    if ids:
        record(LapsingTold(len(ids)), actor=actor, now=now, changes={"customers": [None, len(ids)]})
    return len(ids)


def reclaim_lapsed(*, actor: Actor, now: datetime.datetime) -> jobs.Job:
    """Put all customers whose protection lapsed into pools, as a job. Needs a scope over all records."""
    actor.require("pools.manage")
    if not access.sees_everybody(actor):
        raise PermissionDenied
    return jobs.start(actor=actor, kind=KIND, title=str(_("Reclaiming of customers")), now=now)


def work_out_holdings(*, actor: Actor, now: datetime.datetime) -> jobs.Job:
    """Work out anew how owners look after their customers, as happens each night: a job."""
    actor.require("pools.manage")
    title = str(_("Working out how customers are looked after"))
    return jobs.start(actor=actor, kind="customers.holdings", title=title, now=now)


def reclaim_now(*, actor: Actor, now: datetime.datetime) -> tuple[Done, int]:
    """What the job of ``reclaim_lapsed`` does; also how many lapsed ones stay, since no pool takes them.

    Whoever is being worked on at this moment, or was looked after since, keeps the customer.
    """
    actor.require("pools.manage")
    refresh_holdings(actor.tenant_id, now)
    before = _lapsed(actor.tenant_id, now)
    where = routed(actor.tenant_id, [key for key, *_rest in before], timezone.localdate(now))
    done = put_in(actor, before, where, reason=gettext("The protection lapsed"), now=now)
    left = len(before) - done.count
    owners = Counter(owner for key, owner, *_rest in before if key in where)
    for owner, count in owners.items():
        if owner:
            _tell_owner("customers.reclaimed", owner, count, actor, now)
    if before:
        changes = {"customers": [None, done.count], "left": [None, left]}
        record(CustomersReclaimed(done.count, left), actor=actor, now=now, changes=changes)
    return done, left


def _lapsed(tenant_id: uuid.UUID, now: datetime.datetime) -> Sequence[Before]:
    """Locked against touches, too, which hold the customer; who is being touched is left to the next time."""
    ids = list(
        Holding.objects.filter(until__lte=now).order_by("customer").values_list("customer_id", flat=True)
    )
    owned = access.unrestricted(Customer.objects.filter(pk__among=ids).exclude(owner=None))
    rows = undisputed(owned).order_by("pk")
    held = list(
        rows.select_for_update(skip_locked=True, of=("self",)).values_list(
            "pk", "owner_id", "unit_id", "version"
        )
    )
    refresh_holdings(tenant_id, now, [key for key, *_rest in held])
    still = Holding.objects.filter(customer__among=[key for key, *_rest in held], until__lte=now)
    lapsed = set(still.values_list("customer_id", flat=True))
    return [each for each in held if each[0] in lapsed]


def _tell_owner(code: str, owner: uuid.UUID, count: int, actor: Actor, now: datetime.datetime) -> None:
    notifications.tell(members=[owner], code=code, data={"count": count}, actor=actor, now=now)


def _apply(actor: Actor, rule: ProtectionRule, rules: ProtectionRules) -> None:
    rule.name = checked(" ".join(rules.name.split()), "name", 100)
    if not rule.name:
        raise Invalid(_("Give it a name."), field="name")
    if ProtectionRule.objects.exclude(pk=rule.pk).filter(name__iexact=rule.name).exists():
        raise RuleTaken(field="name")
    for name, (least, most) in _BOUNDS.items():
        number = getattr(rules, name)
        if number is not None and not least <= number <= most:
            raise Invalid(field=name)
        setattr(rule, name, number)
    filters.compiled(rules.filter, filters.terms(actor), timezone.localdate())
    rule.filter = rules.filter.model_dump(mode="json", exclude_defaults=True)


def _changed(
    actor: Actor, rule: ProtectionRule, what: str, changes: dict[str, list[Any]], now: datetime.datetime
) -> None:
    event = ProtectionRuleChanged(rule.pk, what)
    record(event, actor=actor, now=now, subject=("protection_rule", rule.pk), changes=changes)
