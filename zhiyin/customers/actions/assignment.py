"""Rules of assignment: making, ordering and archiving them; giving customers that are there already by them."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.access import within
from zhiyin.accounts.models import Unit
from zhiyin.customers import access, filters
from zhiyin.customers.actions.before import Before, keep_owners
from zhiyin.customers.actions.bulk import (
    Done,
    Selection,
    bulk_job,
    different,
    locked,
    selected,
)
from zhiyin.customers.actions.holdings import forget_holdings, refresh_holdings
from zhiyin.customers.actions.placing import place_new, plan, put
from zhiyin.customers.choices import AssignmentTarget
from zhiyin.customers.events import AssignmentRuleChanged, CustomerChanged, CustomersChanged
from zhiyin.customers.filters import Group
from zhiyin.customers.models import AssignmentRule, AssignmentTurn, Customer, Share
from zhiyin.customers.queries.assignment import Placing, open_assignment_rules
from zhiyin.customers.queries.disputes import InDispute, in_dispute, undisputed
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.record import Changes, record, write_each
from zhiyin.platform.text import checked
from zhiyin.platform.versions import require_seen

MOST_RULES = 100
MOST_PEOPLE = 100
HEAVIEST = 100


class AssignmentRuleTaken(Conflict):
    message = _("There is a rule of this name already.")


@dataclass(frozen=True, slots=True)
class Turn:
    """One of a rule's people, as ``AssignmentTurn`` describes it."""

    member: uuid.UUID
    weight: int = 1
    most: int | None = None


@dataclass(frozen=True, slots=True)
class AssignmentRules:
    """A rule as ``AssignmentRule`` describes it; of people, unit and pool what its target asks for."""

    name: str
    filter: Group = field(default_factory=Group)
    target: str = AssignmentTarget.MEMBERS
    people: tuple[Turn, ...] = ()
    unit: uuid.UUID | None = None
    pool: uuid.UUID | None = None
    reason: str = ""


def create_assignment_rule(*, actor: Actor, rules: AssignmentRules, now: datetime.datetime) -> AssignmentRule:
    """The last one in the order. Raises ``AssignmentRuleTaken`` and ``Invalid``."""
    actor.require("customers.assign_rules")
    if AssignmentRule.objects.count() >= MOST_RULES:
        raise Invalid(_("These are enough rules."))
    last = AssignmentRule.objects.aggregate(last=Max("position"))["last"]
    made = AssignmentRule(position=0 if last is None else last + 1, created_at=now)
    people = _apply(actor, made, rules)
    made.save(force_insert=True)
    _set_people(made, people)
    after = _plain(made, people)
    _changed(actor, made, "added", {name: [None, value] for name, value in after.items()}, now)
    return made


def change_assignment_rule(
    *,
    actor: Actor,
    rule_id: uuid.UUID,
    rules: AssignmentRules,
    version: str | None = None,
    now: datetime.datetime,
) -> AssignmentRule:
    """Raises ``AssignmentRuleTaken``, ``Invalid``, and ``Conflict`` when it is not of ``version`` any more."""
    actor.require("customers.assign_rules")
    found = access.assignment_rule(rule_id, lock=True)
    require_seen(version, str(found.version), found.name)
    before = _plain(found, [Turn(each.member_id, each.weight, each.most) for each in _turns(found)])
    people = _apply(actor, found, rules)
    after = _plain(found, people)
    changes = different(before, after)
    if changes:
        found.version += 1
        found.save()
        _set_people(found, people)
        _changed(actor, found, "changed", changes, now)
    return found


def order_assignment_rules(*, actor: Actor, ids: Sequence[uuid.UUID], now: datetime.datetime) -> None:
    """Ask the rules in this order; those that are not named come after, as they were."""
    actor.require("customers.assign_rules")
    rules = list(AssignmentRule.objects.select_for_update().order_by("position", "created_at", "id"))
    before = [each.name for each in rules if not each.archived_at]
    place = {key: number for number, key in enumerate(ids)}
    rules.sort(key=lambda each: place.get(each.pk, len(place)))
    for number, each in enumerate(rules):
        each.position = number
    AssignmentRule.objects.bulk_update(rules, ["position"])
    after = [each.name for each in rules if not each.archived_at]
    if before != after:
        event = AssignmentRuleChanged(None, "ordered")
        record(event, actor=actor, now=now, changes={"order": [before, after]})


def set_assignment_rule_archived(
    *, actor: Actor, rule_id: uuid.UUID, archived: bool, now: datetime.datetime
) -> AssignmentRule:
    """An archived rule gives nobody any more."""
    actor.require("customers.assign_rules")
    found = access.assignment_rule(rule_id, lock=True)
    if bool(found.archived_at) != archived:
        found.archived_at = now if archived else None
        found.save(update_fields=["archived_at"])
        what = "archived" if archived else "restored"
        _changed(actor, found, what, {"archived": [not archived, archived]}, now)
    return found


def assign_by_rules(
    *, actor: Actor, selection: Selection, now: datetime.datetime, in_background: bool = False
) -> Done:
    """Give customers that are the actor's to dispose of by the rules.

    Whoever is where the rule wants him stays, as do those in dispute, restricted ones, and those whom no rule takes. More than
    ``BULK_AT_ONCE`` become a job. Raises ``Invalid`` without rules, ``InDispute`` when there are no others.
    """
    actor.require("customers.assign_rules")
    if not open_assignment_rules():
        raise Invalid(_("There are no rules of assignment yet."))
    if not in_background and (job := bulk_job(actor, selection, "assign_by_rules", {}, now)):
        return Done(0, job)
    rows = Customer.objects.filter(pk__in=selected(actor, selection, "full").values("pk"))
    before = locked(undisputed(access.unrestricted(rows)))
    if not before and in_dispute(selection.ids):
        raise InDispute
    placed = plan(actor, [key for key, *_rest in before], now, anew=False)
    going = [each for each in before if each[0] in placed]
    pools = dict(Customer.objects.filter(pk__among=placed).values_list("pk", "pool__name"))
    put(actor, {key: owner for key, owner, *_rest in going}, placed, now, step=1)
    pooled = [key for key, to in placed.items() if to.pool_id]
    Share.objects.filter(customer__among=pooled).delete()
    forget_holdings(pooled)
    refresh_holdings(actor.tenant_id, now, [key for key, to in placed.items() if to.owner])
    trails = _trails(going, placed, pools)
    write_each(CustomerChanged.name, actor=actor, now=now, kind="customer", changes=trails)
    event = CustomersChanged(len(going), {"by_rules": True})
    record(event, actor=actor, now=now, changes={"customers": [None, len(going)], "by_rules": [None, True]})
    return Done(len(going), undo_id=keep_owners(actor, going, now).pk)


def assign_new_by_rules(*, actor: Actor, customer_ids: Sequence[uuid.UUID], now: datetime.datetime) -> int:
    """Give customers that this transaction made, such as an import's, by the rules; how many."""
    actor.require("customers.edit")
    count = len(place_new(actor, customer_ids, now))
    if count:
        event = CustomersChanged(count, {"by_rules": True})
        record(event, actor=actor, now=now, changes={"customers": [None, count], "by_rules": [None, True]})
    return count


def _trails(
    going: Sequence[Before], placed: Mapping[uuid.UUID, Placing], pools: Mapping[uuid.UUID, str | None]
) -> dict[uuid.UUID, Changes]:
    trails: dict[uuid.UUID, Changes] = {}
    for key, owner, unit, _version in going:
        to = placed[key]
        pool = to.rule.pool.name if to.rule.pool else None
        before = {"owner_id": owner, "unit_id": unit, "pool": pools[key]}
        after = {"owner_id": to.owner_id, "unit_id": None if pool else to.unit_id, "pool": pool}
        why = {"rule": [None, to.rule.name], "reason": [None, to.reason]}
        trails[key] = different(before, after) | why
    return trails


def _apply(actor: Actor, rule: AssignmentRule, rules: AssignmentRules) -> Sequence[Turn]:
    """Checked values onto the row; its people."""
    rule.name = checked(" ".join(rules.name.split()), "name", 100)
    if not rule.name:
        raise Invalid(_("Give it a name."), field="name")
    if AssignmentRule.objects.exclude(pk=rule.pk).filter(name__iexact=rule.name).exists():
        raise AssignmentRuleTaken(field="name")
    rule.reason = checked(" ".join(rules.reason.split()), "reason", 200)
    if rules.target not in AssignmentTarget.values:
        raise Invalid(field="target")
    rule.target = rules.target
    rule.unit = _unit(rules) if rules.target == AssignmentTarget.UNIT else None
    rule.pool = access.open_pool(rules.pool) if rules.target == AssignmentTarget.POOL and rules.pool else None
    if rules.target == AssignmentTarget.POOL and rule.pool is None:
        raise Invalid(_("Choose a pool."), field="pool")
    filters.compiled(rules.filter, filters.terms(actor), timezone.localdate())
    rule.filter = rules.filter.model_dump(mode="json", exclude_defaults=True)
    return _people(actor, rules.people) if rules.target == AssignmentTarget.MEMBERS else ()


def _unit(rules: AssignmentRules) -> Unit:
    found = Unit.objects.filter(pk=rules.unit).first() if rules.unit else None
    if found is None:
        raise Invalid(_("Choose a unit."), field="unit")
    return found


def _people(actor: Actor, people: Sequence[Turn]) -> Sequence[Turn]:
    known = set(within(actor).filter(pk__in=[each.member for each in people]).values_list("pk", flat=True))
    if not people:
        raise Invalid(_("Choose at least one person."), field="people")
    if len(people) > MOST_PEOPLE or len({each.member for each in people}) != len(people):
        raise Invalid(_("Name each person once, %d at most.") % MOST_PEOPLE, field="people")
    for each in people:
        if each.member not in known:
            raise Invalid(_("Choose somebody you may give customers to."), field="people")
        if not 1 <= each.weight <= HEAVIEST:
            raise Invalid(_("A weight is a number from 1 to %d.") % HEAVIEST, field="people")
        if each.most is not None and not 1 <= each.most <= 10_000_000:
            raise Invalid(_("How many customers somebody has at most is 1 or more."), field="people")
    return people


def _turns(rule: AssignmentRule) -> Sequence[AssignmentTurn]:
    return list(rule.turns.order_by("place", "id"))


def _set_people(rule: AssignmentRule, people: Sequence[Turn]) -> None:
    """Whoever stays keeps what the rule owes him."""
    held = {each.member_id: each for each in rule.turns.select_for_update()}
    rule.turns.exclude(member__in=[each.member for each in people]).delete()
    for place, each in enumerate(people):
        turn = held.get(each.member) or AssignmentTurn(rule=rule, member_id=each.member)
        turn.place, turn.weight, turn.most = place, each.weight, each.most
        turn.save()


def _plain(rule: AssignmentRule, people: Sequence[Turn]) -> dict[str, Any]:
    """As the audit log has it."""
    return {
        "name": rule.name,
        "filter": rule.filter,
        "target": str(rule.target),
        "reason": rule.reason,
        "unit": str(rule.unit_id) if rule.unit_id else None,
        "pool": str(rule.pool_id) if rule.pool_id else None,
        "people": [[str(each.member), each.weight, each.most] for each in people],
    }


def _changed(
    actor: Actor, rule: AssignmentRule, what: str, changes: dict[str, list[Any]], now: datetime.datetime
) -> None:
    event = AssignmentRuleChanged(rule.pk, what)
    record(event, actor=actor, now=now, subject=("assignment_rule", rule.pk), changes=changes)
