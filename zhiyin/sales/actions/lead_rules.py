"""Rules of who gets which leads: set up; and those whom nobody answered in time."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.access import takers
from zhiyin.platform import notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.record import Changes, record
from zhiyin.platform.text import checked
from zhiyin.platform.versions import require_seen
from zhiyin.sales import access
from zhiyin.sales.choices import LeadOrigin, LeadState
from zhiyin.sales.events import LeadChanged, LeadRuleChanged
from zhiyin.sales.models import Lead, LeadRule

MOST_RULES = 100
MOST_PEOPLE = 100
LONGEST_MINUTES = 30 * 24 * 60
AT_ONCE = 500


class LeadRuleTaken(Conflict):
    message = _("There is a rule of this name already.")


@dataclass(frozen=True, slots=True)
class LeadRules:
    """A rule as ``LeadRule`` describes it; it gives leads to people, sets a time for the answer, or both."""

    name: str
    position: int = 0
    origins: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    people: tuple[uuid.UUID, ...] = ()
    answer_minutes: int | None = None
    escalate_to_id: uuid.UUID | None = None


def create_lead_rule(*, actor: Actor, rules: LeadRules, now: datetime.datetime) -> LeadRule:
    """Raises ``LeadRuleTaken`` and ``Invalid``."""
    actor.require("sales.manage")
    if LeadRule.objects.count() >= MOST_RULES:
        raise Invalid(_("These are enough rules."))
    made = LeadRule(people=[], escalate_to=None, created_at=now)
    _apply(actor, made, rules)
    made.save(force_insert=True)
    _tell(actor, made, "added", {name: [None, value] for name, value in _plain(made).items()}, now)
    return made


def change_lead_rule(
    *, actor: Actor, rule_id: uuid.UUID, rules: LeadRules, version: int | None = None, now: datetime.datetime
) -> LeadRule:
    """Raises ``LeadRuleTaken``, ``Invalid``, and ``Conflict`` when it is not of ``version`` any more."""
    actor.require("sales.manage")
    found = access.lead_rule(rule_id, lock=True)
    require_seen(None if version is None else str(version), str(found.version), found.name)
    before = _plain(found)
    _apply(actor, found, rules)
    changes = {name: [before[name], new] for name, new in _plain(found).items() if before[name] != new}
    if changes:
        found.turn = found.turn if found.turn < len(found.people) else 0
        found.version += 1
        found.save()
        _tell(actor, found, "changed", changes, now)
    return found


def set_lead_rule_archived(
    *, actor: Actor, rule_id: uuid.UUID, archived: bool, now: datetime.datetime
) -> LeadRule:
    """An archived rule holds of no lead that comes; clocks that run go on."""
    actor.require("sales.manage")
    found = access.lead_rule(rule_id, lock=True)
    if bool(found.archived_at) != archived:
        found.archived_at = now if archived else None
        _require_free(found)
        found.save(update_fields=["archived_at"])
        what = "archived" if archived else "restored"
        _tell(actor, found, what, {"archived": [not archived, archived]}, now)
    return found


def escalate_leads(*, actor: Actor, now: datetime.datetime) -> int:
    """Tell owners, and whom the rule names, of leads that nobody took up in time, each once; how many."""
    actor.require("sales.manage")
    waiting = Lead.objects.filter(
        answer_by__lte=now, answered_at=None, escalated_at=None, removed_at=None, state=LeadState.NEW
    )
    locked = waiting.select_for_update(skip_locked=True, no_key=True, of=("self",)).select_related("rule")
    due = list(locked.order_by("answer_by", "id")[:AT_ONCE])
    for lead in due:
        lead.escalated_at = now
        lead.save(update_fields=["escalated_at"])
        changes = {"answer_by": [lead.answer_by, None]}
        record(
            LeadChanged(lead.pk, "overdue"), actor=actor, now=now, subject=("lead", lead.pk), changes=changes
        )
        members = {lead.owner_id, lead.rule.escalate_to_id if lead.rule else None} - {None}
        notifications.tell(
            members=[each for each in members if each],
            code="sales.lead_overdue",
            data={"name": lead.company or lead.name, "lead": str(lead.pk)},
            actor=actor,
            now=now,
        )
    return len(due)


def _apply(actor: Actor, rule: LeadRule, rules: LeadRules) -> None:
    rule.name = checked(" ".join(rules.name.split()), "name", 100, needed=True)
    if not 0 <= rules.position <= MOST_RULES:
        raise Invalid(_("A place is a number from 0 to %d.") % MOST_RULES, field="position")
    rule.position = rules.position
    if not set(rules.origins) <= set(LeadOrigin.values):
        raise Invalid(_("This is not one of the choices."), field="origins")
    rule.origins = sorted(set(rules.origins))
    for field in ("sources", "campaigns"):
        said = [checked(each, field, 100) for each in getattr(rules, field)]
        setattr(rule, field, [each for each in dict.fromkeys(said) if each][:MOST_RULES])
    minutes = rules.answer_minutes
    if minutes is not None and not 1 <= minutes <= LONGEST_MINUTES:
        raise Invalid(
            _("This is a number of minutes from 1 to %d.") % LONGEST_MINUTES, field="answer_minutes"
        )
    rule.answer_minutes = minutes
    _people(actor, rule, rules)
    if not rule.people and not rule.answer_minutes:
        raise Invalid(_("Say who gets these leads, or how soon they are answered."), field="people")
    _require_free(rule)


def _people(actor: Actor, rule: LeadRule, rules: LeadRules) -> None:
    """Whoever was named before may stay, also out of the actor's reach."""
    named = list(dict.fromkeys(rules.people))
    if len(named) > MOST_PEOPLE:
        raise Invalid(_("Name each person once, %d at most.") % MOST_PEOPLE, field="people")
    reached = set(takers(actor).filter(pk__in=named).values_list("pk", flat=True)) | set(rule.people)
    if not set(named) <= reached:
        raise Invalid(_("You cannot give it to this person."), field="people")
    rule.people = named
    boss = rules.escalate_to_id
    if boss != rule.escalate_to_id:
        if boss and not takers(actor).filter(pk=boss).exists():
            raise Invalid(_("You cannot give it to this person."), field="escalate_to_id")
        rule.escalate_to_id = boss


def _require_free(rule: LeadRule) -> None:
    same = LeadRule.objects.filter(name=rule.name, archived_at=None).exclude(pk=rule.pk)
    if rule.archived_at is None and same.exists():
        raise LeadRuleTaken(field="name")


def _plain(rule: LeadRule) -> dict[str, Any]:
    """As the audit log has it."""
    lists = {name: list(getattr(rule, name)) for name in ("origins", "sources", "campaigns")}
    return {
        "name": rule.name,
        "position": rule.position,
        **lists,
        "people": [str(each) for each in rule.people],
        "answer_minutes": rule.answer_minutes,
        "escalate_to": str(rule.escalate_to_id) if rule.escalate_to_id else None,
    }


def _tell(actor: Actor, rule: LeadRule, what: str, changes: Changes, now: datetime.datetime) -> None:
    event = LeadRuleChanged(rule.pk, what)
    record(event, actor=actor, now=now, subject=("lead_rule", rule.pk), changes=changes)
