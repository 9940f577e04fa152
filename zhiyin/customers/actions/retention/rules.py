"""Rules of retention: written, looked at, and only then switched on."""

import datetime
import uuid
from dataclasses import dataclass, field, fields
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access, filters
from zhiyin.customers.actions.protection import RuleTaken
from zhiyin.customers.choices import RetentionSince
from zhiyin.customers.events import RetentionRuleChanged
from zhiyin.customers.filters import Group
from zhiyin.customers.models import Purpose, RetentionRule
from zhiyin.customers.queries.retention.areas import areas, by_section
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid
from zhiyin.platform.record import record
from zhiyin.platform.text import checked
from zhiyin.platform.versions import require_seen

MOST = 50
LONGEST = 36_500
# what else is different clears nothing else
_HARMLESS = {"name", "purpose_id"}


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """A rule as ``RetentionRule`` describes it."""

    name: str
    areas: tuple[str, ...]
    since: str
    days: int
    purpose_id: uuid.UUID | None = None
    filter: Group = field(default_factory=Group)


FIELDS = tuple(each.name for each in fields(RetentionRules))


def create_retention_rule(*, actor: Actor, rules: RetentionRules, now: datetime.datetime) -> RetentionRule:
    """A rule that rests until it is switched on. Raises ``RuleTaken`` and ``Invalid``."""
    actor.require("settings.manage")
    if RetentionRule.objects.count() >= MOST:
        raise Invalid(_("These are enough rules."))
    made = RetentionRule(created_at=now)
    _apply(actor, made, rules)
    made.save(force_insert=True)
    _tell(actor, made, "added", {name: [None, getattr(made, name)] for name in FIELDS}, now)
    return made


def change_retention_rule(
    *,
    actor: Actor,
    rule_id: uuid.UUID,
    rules: RetentionRules,
    version: str | None = None,
    now: datetime.datetime,
) -> RetentionRule:
    """A rule that would clear something else now rests until it is switched on again.

    Raises ``RuleTaken``, ``Invalid``, and ``Conflict`` when it is not of ``version`` any more.
    """
    actor.require("settings.manage")
    found = access.retention_rule(rule_id, lock=True)
    require_seen(version, str(found.version), found.name)
    before = {name: getattr(found, name) for name in FIELDS}
    _apply(actor, found, rules)
    different = {name: [old, new] for name, old in before.items() if (new := getattr(found, name)) != old}
    if found.is_on and different.keys() - _HARMLESS:
        found.is_on, different["is_on"] = False, [True, False]
    if different:
        _save(found, *different)
        _tell(actor, found, "changed", different, now)
    return found


def switch_retention_rule(
    *, actor: Actor, rule_id: uuid.UUID, on: bool, version: str | None = None, now: datetime.datetime
) -> RetentionRule:
    """Let it clear each night from now on, or no more. Raises ``Conflict`` when it is not of ``version`` any more."""
    actor.require("settings.manage")
    found = access.retention_rule(rule_id, lock=True)
    require_seen(version, str(found.version), found.name)
    if found.archived_at:
        raise Invalid(_("This rule is archived."))
    if found.is_on != on:
        found.is_on = on
        _save(found, "is_on")
        _tell(actor, found, "changed", {"is_on": [not on, on]}, now)
    return found


def set_retention_archived(
    *, actor: Actor, rule_id: uuid.UUID, archived: bool, now: datetime.datetime
) -> RetentionRule:
    """An archived rule clears nothing; one that is offered again rests until it is switched on."""
    actor.require("settings.manage")
    found = access.retention_rule(rule_id, lock=True)
    if bool(found.archived_at) != archived:
        found.archived_at, found.is_on = now if archived else None, False
        _save(found, "archived_at", "is_on")
        what = "archived" if archived else "restored"
        _tell(actor, found, what, {"archived": [not archived, archived]}, now)
    return found


def _save(rule: RetentionRule, *names: str) -> None:
    rule.version += 1
    rule.save(update_fields=[*names, "version"])


def _apply(actor: Actor, rule: RetentionRule, rules: RetentionRules) -> None:
    rule.name = checked(" ".join(rules.name.split()), "name", 100, needed=True)
    if RetentionRule.objects.exclude(pk=rule.pk).filter(name__iexact=rule.name).exists():
        raise RuleTaken(field="name")
    rule.areas = _areas(rules.areas)
    if rules.since not in RetentionSince.values:
        raise Invalid(_("This is not one of the choices."), field="since")
    if not 1 <= rules.days <= LONGEST:
        raise Invalid(_("Give 1 to %d days.") % LONGEST, field="days")
    rule.since, rule.days = rules.since, rules.days
    if rules.purpose_id and not Purpose.objects.filter(pk=rules.purpose_id).exists():
        raise Invalid(_("This is not one of the choices."), field="purpose_id")
    rule.purpose_id = rules.purpose_id
    filters.compiled(rules.filter, filters.terms(actor), timezone.localdate())
    rule.filter = rules.filter.model_dump(mode="json", exclude_defaults=True)


def _areas(given: tuple[str, ...]) -> list[str]:
    known = {*areas(), *by_section()}
    chosen = list(dict.fromkeys(given))
    if not chosen:
        raise Invalid(_("Choose what is to be cleared."), field="areas")
    if not known.issuperset(chosen):
        raise Invalid(_("This is not one of the choices."), field="areas")
    return chosen


def _tell(
    actor: Actor, rule: RetentionRule, what: str, changes: dict[str, list[Any]], now: datetime.datetime
) -> None:
    event = RetentionRuleChanged(rule.pk, what)
    record(event, actor=actor, now=now, subject=("retention_rule", rule.pk), changes=changes)
