"""Territories: who is responsible for which customers, from which day to which."""

import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.access import takers
from zhiyin.customers import filters
from zhiyin.customers.filters import Group
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.record import Changes, record
from zhiyin.platform.text import checked
from zhiyin.platform.versions import require_seen
from zhiyin.sales import access
from zhiyin.sales.events import TerritoryChanged
from zhiyin.sales.models import Territory

MOST_TERRITORIES = 200
LAST_POSITION = 10_000


class TerritoryTaken(Conflict):
    message = _("There is a territory of this name in these days already.")


@dataclass(frozen=True, slots=True)
class TerritoryRules:
    """A territory as ``Territory`` describes it."""

    name: str
    starts_on: datetime.date
    ends_on: datetime.date | None = None
    filter: Group = field(default_factory=Group)
    position: int = 100
    owner_id: uuid.UUID | None = None


def create_territory(*, actor: Actor, rules: TerritoryRules, now: datetime.datetime) -> Territory:
    """Raises ``TerritoryTaken``, and ``Invalid`` for a filter without a condition too."""
    actor.require("sales.manage")
    today = timezone.localdate(now)
    if Territory.objects.filter(archived_at=None).exclude(ends_on__lt=today).count() >= MOST_TERRITORIES:
        raise Invalid(_("These are enough territories."))
    made = Territory(created_at=now)
    _apply(actor, made, rules, now)
    made.save(force_insert=True)
    _tell(actor, made, "added", {name: [None, value] for name, value in _plain(made).items()}, now)
    return made


def change_territory(
    *,
    actor: Actor,
    territory_id: uuid.UUID,
    rules: TerritoryRules,
    version: int | None = None,
    now: datetime.datetime,
) -> Territory:
    """Raises ``TerritoryTaken``, ``Invalid``, and ``Conflict`` when it is not of ``version`` any more."""
    actor.require("sales.manage")
    found = access.territory(territory_id, lock=True)
    require_seen(None if version is None else str(version), str(found.version), found.name)
    before = _plain(found)
    _apply(actor, found, rules, now)
    changes = {name: [before[name], new] for name, new in _plain(found).items() if before[name] != new}
    if changes:
        found.version += 1
        found.save()
        _tell(actor, found, "changed", changes, now)
    return found


def set_territory_archived(
    *, actor: Actor, territory_id: uuid.UUID, archived: bool, now: datetime.datetime
) -> Territory:
    """An archived territory takes nobody, on no day. Raises ``TerritoryTaken``."""
    actor.require("sales.manage")
    found = access.territory(territory_id, lock=True)
    if bool(found.archived_at) != archived:
        found.archived_at = now if archived else None
        _require_free(found)
        found.save(update_fields=["archived_at"])
        what = "archived" if archived else "restored"
        _tell(actor, found, what, {"archived": [not archived, archived]}, now)
    return found


def _apply(actor: Actor, territory: Territory, rules: TerritoryRules, now: datetime.datetime) -> None:
    territory.name = checked(" ".join(rules.name.split()), "name", 100, needed=True)
    if rules.ends_on and rules.ends_on < rules.starts_on:
        raise Invalid(_("It ends before it starts."), field="ends_on")
    territory.starts_on, territory.ends_on = rules.starts_on, rules.ends_on
    if not 0 <= rules.position <= LAST_POSITION:
        raise Invalid(_("The place is a number from 0 to %d.") % LAST_POSITION, field="position")
    territory.position = rules.position
    if not rules.filter.of:
        raise Invalid(_("Say which customers lie in it."), field="filter")
    filters.compiled(rules.filter, filters.terms(actor), timezone.localdate(now))
    territory.filter = rules.filter.model_dump(mode="json", exclude_defaults=True)
    if rules.owner_id != territory.owner_id:
        if rules.owner_id and not takers(actor).filter(pk=rules.owner_id).exists():
            raise Invalid(_("You cannot give it to this person."), field="owner_id")
        territory.owner_id = rules.owner_id
    _require_free(territory)


def _take_turns() -> None:
    """Until the transaction ends nobody else in the company looks whether a name is free."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(current_tenant()::text, 5))")


def _require_free(territory: Territory) -> None:
    """A name means one territory on any day. PostgreSQL alone cannot hold that without an extension."""
    _take_turns()
    same = Territory.objects.filter(name__iexact=territory.name, archived_at=None).exclude(pk=territory.pk)
    if territory.ends_on:
        same = same.filter(starts_on__lte=territory.ends_on)
    if territory.archived_at is None and same.exclude(ends_on__lt=territory.starts_on).exists():
        raise TerritoryTaken(field="name")


def _plain(territory: Territory) -> dict[str, Any]:
    """As the audit log has it."""
    return {
        "name": territory.name,
        "filter": territory.filter,
        "position": territory.position,
        "owner_id": str(territory.owner_id) if territory.owner_id else None,
        "starts_on": territory.starts_on.isoformat(),
        "ends_on": territory.ends_on.isoformat() if territory.ends_on else None,
    }


def _tell(actor: Actor, territory: Territory, what: str, changes: Changes, now: datetime.datetime) -> None:
    event = TerritoryChanged(territory.pk, what)
    record(event, actor=actor, now=now, subject=("territory", territory.pk), changes=changes)
