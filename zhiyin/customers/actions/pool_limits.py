"""Further limits of a pool: how many of some of its customers, such as of a grade, one member claims and has."""

import datetime
import uuid
from dataclasses import dataclass, fields
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access, filters
from zhiyin.customers.events import PoolLimitChanged
from zhiyin.customers.filters import Group
from zhiyin.customers.models import PoolLimit
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid
from zhiyin.platform.record import record
from zhiyin.platform.text import checked
from zhiyin.platform.versions import require_seen

MOST = 20


@dataclass(frozen=True, slots=True)
class LimitRules:
    """A limit as ``PoolLimit`` describes it; at least one of the two numbers is there."""

    name: str
    filter: Group
    daily_limit: int | None = None
    held_limit: int | None = None


FIELDS = tuple(each.name for each in fields(LimitRules))


def create_pool_limit(
    *, actor: Actor, pool_id: uuid.UUID, rules: LimitRules, now: datetime.datetime
) -> PoolLimit:
    """Raises ``NotFound`` and ``Invalid``."""
    actor.require("pools.manage")
    pool = access.pool(actor, pool_id, lock=True)
    if pool.limits.filter(removed_at=None).count() >= MOST:
        raise Invalid(_("These are enough limits."))
    made = PoolLimit(pool=pool, created_at=now)
    _apply(actor, made, rules)
    made.save(force_insert=True)
    _changed(actor, made, "added", {name: [None, getattr(made, name)] for name in FIELDS}, now)
    return made


def change_pool_limit(
    *,
    actor: Actor,
    limit_id: uuid.UUID,
    rules: LimitRules,
    version: str | None = None,
    now: datetime.datetime,
) -> PoolLimit:
    """Raises ``NotFound``, ``Invalid``, and ``Conflict`` when it is not of ``version`` any more."""
    actor.require("pools.manage")
    found = access.pool_limit(actor, limit_id, lock=True)
    require_seen(version, str(found.version), found.name)
    before = {name: getattr(found, name) for name in FIELDS}
    _apply(actor, found, rules)
    different = {name: [old, new] for name, old in before.items() if (new := getattr(found, name)) != old}
    if different:
        found.version += 1
        found.save(update_fields=[*different, "version"])
        _changed(actor, found, "changed", different, now)
    return found


def set_limit_removed(
    *, actor: Actor, limit_id: uuid.UUID, removed: bool, now: datetime.datetime
) -> PoolLimit:
    """Take a limit away, or let it hold again."""
    actor.require("pools.manage")
    found = access.pool_limit(actor, limit_id, lock=True)
    if bool(found.removed_at) != removed:
        found.removed_at = now if removed else None
        found.save(update_fields=["removed_at"])
        what = "removed" if removed else "restored"
        _changed(actor, found, what, {"name": [found.name, None] if removed else [None, found.name]}, now)
    return found


def _apply(actor: Actor, limit: PoolLimit, rules: LimitRules) -> None:
    limit.name = checked(" ".join(rules.name.split()), "name", 100)
    if not limit.name:
        raise Invalid(_("Give it a name."), field="name")
    for name in ("daily_limit", "held_limit"):
        number = getattr(rules, name)
        if number is not None and not 0 <= number <= 1_000_000:
            raise Invalid(field=name)
        setattr(limit, name, number)
    if limit.daily_limit is None and limit.held_limit is None:
        raise Invalid(_("Say how many."), field="daily_limit")
    filters.compiled(rules.filter, filters.terms(actor), timezone.localdate())
    limit.filter = rules.filter.model_dump(mode="json", exclude_defaults=True)


def _changed(
    actor: Actor, limit: PoolLimit, what: str, changes: dict[str, list[Any]], now: datetime.datetime
) -> None:
    event = PoolLimitChanged(limit.pool_id, limit.pk, what)
    record(event, actor=actor, now=now, subject=("pool", limit.pool_id), changes=changes)
