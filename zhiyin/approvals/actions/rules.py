"""The rules that say what needs a yes, and whose."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Member, Tenant, Unit
from zhiyin.approvals import access, queries, subjects
from zhiyin.approvals.choices import Mode, Who
from zhiyin.approvals.events import RuleChanged
from zhiyin.approvals.models import ApprovalRule, ApprovalStep, ApprovalStepMember
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.record import record
from zhiyin.platform.text import checked

MANAGE = "settings.manage"
MOST_STEPS = 5
MOST_HOURS = 24 * 90
_BOUNDS = ("amount_from", "discount_from", "margin_below")


@dataclass(frozen=True, slots=True)
class StepSaid:
    who: str = Who.SUPERIOR
    mode: str = Mode.ANY
    people: tuple[uuid.UUID, ...] = ()
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class RuleSaid:
    """What a rule says; bounds of ``None`` ask for nothing."""

    subject: str
    name: str
    steps: Sequence[StepSaid]
    amount_from: Decimal | None = None
    discount_from: Decimal | None = None
    margin_below: Decimal | None = None
    unit_id: uuid.UUID | None = None
    member_id: uuid.UUID | None = None
    grades: tuple[str, ...] = ()


def create_rule(*, actor: Actor, said: RuleSaid, now: datetime.datetime) -> ApprovalRule:
    """A rule after all others. Raises ``Invalid`` and ``Conflict``."""
    actor.require(MANAGE)
    rule = ApprovalRule(created_at=now, position=ApprovalRule.objects.count() + 1)
    return _save(rule, said, "added", actor, now)


def change_rule(
    *, actor: Actor, rule_id: uuid.UUID, said: RuleSaid, version: int | None = None, now: datetime.datetime
) -> ApprovalRule:
    """What is asked for already keeps the people it has. Raises ``NotFound``, ``Invalid`` and ``Conflict``."""
    actor.require(MANAGE)
    rule = access.rule(rule_id, lock=True)
    if version not in (None, rule.version):
        raise Conflict
    rule.version += 1
    return _save(rule, said, "changed", actor, now)


def set_rule_archived(
    *, actor: Actor, rule_id: uuid.UUID, archived: bool, now: datetime.datetime
) -> ApprovalRule:
    """Let a rule hold no more, or again. Raises ``NotFound`` and ``Conflict``."""
    actor.require(MANAGE)
    rule = access.rule(rule_id, lock=True)
    if (rule.archived_at is not None) == archived:
        return rule
    rule.archived_at, rule.version = (now if archived else None), rule.version + 1
    _store(rule)
    _record(actor, rule, "archived" if archived else "restored", {"name": [None, rule.name]}, now)
    return rule


def order_rules(*, actor: Actor, ids: Sequence[uuid.UUID], now: datetime.datetime) -> None:
    """The order in which rules are asked; those not named come after."""
    actor.require(MANAGE)
    rows = list(ApprovalRule.objects.select_for_update().order_by("position", "created_at"))
    place = {key: at for at, key in enumerate(ids)}
    rows.sort(key=lambda each: place.get(each.pk, len(ids)))
    for at, each in enumerate(rows):
        each.position = at
    ApprovalRule.objects.bulk_update(rows, ["position"])
    names = [each.name for each in rows if not each.archived_at]
    record(RuleChanged(None, "ordered"), actor=actor, now=now, changes={"order": [None, names]})


def _save(
    rule: ApprovalRule, said: RuleSaid, what: str, actor: Actor, now: datetime.datetime
) -> ApprovalRule:
    subject = subjects.known(said.subject)
    if subject is None:
        raise Invalid(_("This is not one of the choices."), field="subject")
    before = _told(rule) if what == "changed" else {}
    rule.subject = said.subject
    rule.name = checked(said.name, "name", 100, needed=True)
    for name in _BOUNDS:
        setattr(rule, name, _bound(getattr(said, name), name, subject))
    if said.grades and "grade" not in subject.facts:
        raise Invalid(_("This does not apply here."), field="grades")
    rule.grades = list(dict.fromkeys(said.grades))
    rule.unit = _one(Unit, said.unit_id, "unit_id")
    rule.member = _one(Member, said.member_id, "member_id")
    rule.currency = Tenant.objects.get(pk=actor.tenant_id).currency
    _check_steps(said.steps)
    _store(rule)
    _save_steps(rule, said.steps)
    after = _told(rule)
    changes = {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
    _record(actor, rule, what, changes, now)
    return rule


def _store(rule: ApprovalRule) -> None:
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:
        raise Conflict(_("A rule has this name already."), field="name") from error


def _bound(value: Decimal | None, name: str, subject: subjects.Subject) -> Decimal | None:
    if value is None:
        return None
    if name.rpartition("_")[0] not in subject.facts:
        raise Invalid(_("This does not apply here."), field=name)
    longest = 15 if name == "amount_from" else 4
    if not value.is_finite() or abs(value) >= 10**longest:
        raise Invalid(_("This number is too large."), field=name)
    return value


def _one(model: Any, key: uuid.UUID | None, field: str) -> Any:
    if key is None:
        return None
    found = model.objects.filter(pk=key).first()
    if found is None:
        raise Invalid(_("This is not one of the choices."), field=field)
    return found


def _check_steps(steps: Sequence[StepSaid]) -> None:
    if len(steps) > MOST_STEPS:
        raise Invalid(_("These are too many steps."), field="steps")
    able = set(queries.deciders().values_list("pk", flat=True))
    for each in steps:
        _check_step(each, able)


def _save_steps(rule: ApprovalRule, steps: Sequence[StepSaid]) -> None:
    rule.steps.all().delete()
    for at, said in enumerate(steps, 1):
        step = ApprovalStep.objects.create(
            rule=rule, position=at, who=said.who, mode=said.mode, hours=said.hours
        )
        people = dict.fromkeys(said.people) if said.who == Who.PEOPLE else ()
        ApprovalStepMember.objects.bulk_create(
            ApprovalStepMember(step=step, member_id=each) for each in people
        )


def _check_step(said: StepSaid, able: set[uuid.UUID]) -> None:
    if said.who not in Who.values or said.mode not in Mode.values:
        raise Invalid(_("This is not one of the choices."), field="steps")
    if said.hours is not None and not 0 < said.hours <= MOST_HOURS:
        raise Invalid(_("Give hours between 1 and %d.") % MOST_HOURS, field="steps")
    if said.who == Who.PEOPLE and not said.people:
        raise Invalid(_("Name who is asked in each step."), field="steps")
    if said.who == Who.PEOPLE and not set(said.people) <= able:
        raise Invalid(
            _("Somebody named here may not decide. Give the role that permission first."), field="steps"
        )


def _told(rule: ApprovalRule) -> dict[str, Any]:
    """What the audit log says of it."""
    steps = [
        {
            "who": each.who,
            "mode": each.mode,
            "people": [str(key) for key in _named(each)],
            "hours": each.hours,
        }
        for each in rule.steps.order_by("position")
    ]
    plain = {name: getattr(rule, name) for name in ("subject", "name", *_BOUNDS, "grades")}
    whose = {
        "unit": rule.unit.name if rule.unit else None,
        "member": rule.member.name if rule.member else None,
    }
    return {name: value for name, value in {**plain, **whose, "steps": steps}.items() if value}


def _named(step: ApprovalStep) -> list[uuid.UUID]:
    return list(step.named.order_by("member").values_list("member", flat=True))


def _record(
    actor: Actor, rule: ApprovalRule, what: str, changes: dict[str, list[Any]], now: datetime.datetime
) -> None:
    record(
        RuleChanged(rule.pk, what), actor=actor, now=now, subject=("approval_rule", rule.pk), changes=changes
    )
