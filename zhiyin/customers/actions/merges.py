"""Files of one person or company become one, and two again when that was wrong."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhiyin.customers import access
from zhiyin.customers.actions.formulas import put_formulas
from zhiyin.customers.actions.index import reindex
from zhiyin.customers.actions.merging import survivorship
from zhiyin.customers.actions.merging.parts import Going, Told, parts
from zhiyin.customers.actions.sealing import open_contacts, settle_contacts
from zhiyin.customers.actions.timeline import add_to_timeline
from zhiyin.customers.choices import FieldAccess, Gone, Survivorship, TimelineKind, Verdict
from zhiyin.customers.events import CustomersMerged, MergeUndone
from zhiyin.customers.fields import PREFIX
from zhiyin.customers.models import Customer, Merge, Pool, Suspect
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.platform.pinyin import name_key
from zhiyin.platform.record import record, write_entry
from zhiyin.platform.tenancy import with_gone

MOST = 10
_POOL = "pool_id"


class NewerMerge(Conflict):
    message = gettext_lazy("This file was merged again since. Undo the newer merge first.")


@dataclass
class Merged:
    """What a merge or its undoing did, or would do: by part, and the survivor's fields before and after.

    ``kept`` are fields that the merge had changed and somebody has changed again since: they stay.
    """

    merge: Merge
    told: dict[str, Told] = field(default_factory=dict)
    changed: dict[str, list[Any]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)

    @property
    def aside(self) -> list[str]:
        return [line for told in self.told.values() for line in told.aside]


def merge_customers(
    *,
    actor: Actor,
    survivor_id: uuid.UUID,
    customer_ids: Sequence[uuid.UUID],
    rule: str = Survivorship.SURVIVOR,
    choices: Mapping[str, uuid.UUID] | None = None,
    precision: float | None = None,
    now: datetime.datetime,
) -> Merged:
    """Merge customers into the survivor: all that refers to them does to the survivor from now on.

    ``choices`` say by field's name whose value it takes; ``rule`` decides on the others. Relations that cannot be
    among one's own, or would make a circle, are laid aside until the merge is undone. Raises ``NotFound`` unless all
    are within reach, ``Invalid`` for fewer than two or more than ``MOST``.
    """
    actor.require("customers.edit")
    survivor, others = _locked(actor, survivor_id, customer_ids)
    for name in choices or {}:
        if access.field_access(actor, name.removesuffix("_id")) != FieldAccess.OPEN:
            raise Invalid(_("You may not change this field."), field=name)
    ids = [survivor.pk, *(each.pk for each in others)]
    open_contacts(actor.tenant_id, ids)
    merge = Merge(
        survivor_id=survivor.pk,
        customer_ids=[each.pk for each in others],
        precision=precision,
        member_id=actor.member_id,
        actor_name=actor.name,
        merged_at=now,
    )
    chosen = survivorship.sources(survivor, others, _rule(rule), choices or {})
    merge.changed = _take(survivor, chosen)
    merge.save(force_insert=True)
    _close(merge, Verdict.MERGED, now)
    done = Merged(merge, {part.code: Told() for part in parts()}, dict(merge.changed))
    for each in others:
        for part in parts():
            done.told[part.code].add(part.move(Going(merge, each.pk, now)))
    _leave(others, survivor, now)
    _write(actor, survivor, now)
    settle_contacts(actor.tenant_id, ids)
    _tell_merged(actor, done, survivor, others, now)
    return done


def preview_merge(*, actor: Actor, now: datetime.datetime, **asked: Any) -> Merged:
    """What ``merge_customers`` would do; nothing is left of it."""
    with transaction.atomic():
        found = merge_customers(actor=actor, now=now, **asked)
        transaction.set_rollback(True)
    return found


def undo_merge(*, actor: Actor, merge_id: uuid.UUID, now: datetime.datetime) -> Merged:
    """Take a merge back, however long ago.

    All that moved and still is where it moved to returns; so do rows of the vanished that were removed as the
    survivor had their like. What was born since stays with the survivor, unless it belongs to something that
    returns, as a return to its order. Fields that the merge changed return to what they were, unless they were
    changed again. Raises ``Conflict`` when it is undone already, and ``NewerMerge``.
    """
    actor.require("customers.edit")
    merge = access.merge(actor, merge_id, need="full", lock=True)
    if merge.undone_at:
        raise Conflict(_("This is undone already."))
    survivor, others = _locked_again(merge)
    open_contacts(actor.tenant_id, [survivor.pk])
    for each in others:
        each.gone, each.gone_at, each.merged_into = "", None, None
    with with_gone():
        Customer.objects.bulk_update(others, ["gone", "gone_at", "merged_into"])
    done = Merged(merge, {part.code: Told() for part in parts()})
    for key in reversed(merge.customer_ids):
        _bring_back(done, Going(merge, key, now))
    done.changed, done.kept = _return(survivor, merge.changed)
    _write(actor, survivor, now)
    settle_contacts(actor.tenant_id, [survivor.pk, *merge.customer_ids])
    _close(merge, Verdict.DIFFERENT, now)
    merge.undone_at = now
    merge.save(update_fields=["undone_at"])
    _tell_undone(actor, done, survivor, others, now)
    return done


def preview_undo(*, actor: Actor, merge_id: uuid.UUID, now: datetime.datetime) -> Merged:
    """What ``undo_merge`` would do; nothing is left of it."""
    with transaction.atomic():
        found = undo_merge(actor=actor, merge_id=merge_id, now=now)
        transaction.set_rollback(True)
    return found


def _rule(rule: str) -> str:
    if rule not in Survivorship.values:
        raise Invalid(_("This is not one of the choices."), field="rule")
    return rule


def _locked(
    actor: Actor, survivor_id: uuid.UUID, customer_ids: Sequence[uuid.UUID]
) -> tuple[Customer, list[Customer]]:
    """All of them, locked in the order of their keys: two merges of the same customers wait for each other."""
    ids = [each for each in dict.fromkeys(customer_ids) if each != survivor_id]
    if not ids:
        raise Invalid(_("Choose at least two customers."), field="customer_ids")
    if len(ids) >= MOST:
        raise Invalid(_("At most %d customers become one at a time.") % MOST, field="customer_ids")
    mine = access.customers(actor, "full")
    rows = mine.filter(pk__in=[survivor_id, *ids]).order_by("pk").select_for_update()
    found = {each.pk: each for each in rows}
    if len(found) <= len(ids):
        raise NotFound
    return found[survivor_id], [found[each] for each in ids]


def _locked_again(merge: Merge) -> tuple[Customer, list[Customer]]:
    with with_gone():
        rows = Customer.objects.filter(pk__in=[merge.survivor_id, *merge.customer_ids])
        found = {each.pk: each for each in rows.order_by("pk").select_for_update()}
    if len(found) <= len(merge.customer_ids):
        raise NotFound
    survivor = found[merge.survivor_id]
    newer = Merge.objects.filter(survivor_id=survivor.pk, undone_at=None, pk__gt=merge.pk)
    if survivor.gone == Gone.MERGED or newer.exists():
        raise NewerMerge
    if survivor.gone:
        raise NotFound
    return survivor, [found[each] for each in merge.customer_ids]


def _take(survivor: Customer, chosen: Mapping[str, Customer]) -> dict[str, list[Any]]:
    """Put the chosen values onto the survivor; before and after of those that are different."""
    wanted = {name: survivorship.value(source, name) for name, source in chosen.items()}
    owner = chosen["owner_id"]
    if owner.pk != survivor.pk:
        wanted["unit_id"] = owner.unit_id
    changed = {}
    for name, new in wanted.items():
        old = survivorship.value(survivor, name)
        if old != new:
            changed[name] = [old, new]
            _put(survivor, name, new)
    if survivor.pool_id and (survivor.owner_id or survivor.unit_id):
        changed[_POOL] = [survivor.pool_id, None]
        survivor.pool = None
    return changed


def _put(customer: Customer, name: str, new: Any) -> None:
    if name.startswith(PREFIX):
        own = {**customer.custom, name.removeprefix(PREFIX): new}
        customer.custom = {key: value for key, value in own.items() if value is not None}
        return
    column = Customer._meta.get_field(name)
    setattr(customer, name, column.to_python(new))  # type: ignore[union-attr]


def _return(survivor: Customer, changed: Mapping[str, list[Any]]) -> tuple[dict[str, list[Any]], list[str]]:
    """Put back what the merge found, where what it wrote still stands; what is put back, and what is not."""
    back, kept = {}, []
    pool = changed.get(_POOL)
    for name, (old, new) in changed.items():
        if name == _POOL:
            continue
        now = survivorship.value(survivor, name)
        if str(now if now is not None else "") == str(new if new is not None else ""):
            _put(survivor, name, old)
            back[name] = [new, old]
        else:
            kept.append(name)
    if pool and not (survivor.owner_id or survivor.unit_id):
        _put(survivor, _POOL, pool[0])
        back[_POOL] = [None, pool[0]]
    return back, kept


def _with_pool(changed: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """As the log tells it: a pool by its name."""
    told = dict(changed)
    if pair := told.pop(_POOL, None):
        names = dict(Pool.objects.filter(pk__in=[each for each in pair if each]).values_list("pk", "name"))
        told["pool"] = [each and names.get(uuid.UUID(str(each))) for each in pair]
    return told


def _close(merge: Merge, verdict: Verdict, now: datetime.datetime) -> None:
    """A merge decides on the pairs among its customers; one that was undone says that they are not the same."""
    ids = [merge.survivor_id, *merge.customer_ids]
    among = Suspect.objects.filter(one_id__in=ids, other_id__in=ids)
    unseen = verdict == Verdict.MERGED and merge.precision is not None
    among.update(verdict=verdict, decided_at=now, decided_by="" if unseen else merge.actor_name)


def _leave(others: Sequence[Customer], survivor: Customer, now: datetime.datetime) -> None:
    with with_gone():
        Customer.objects.filter(pk__in=[each.pk for each in others]).update(
            gone=Gone.MERGED, gone_at=now, merged_into=survivor.pk
        )


def _bring_back(done: Merged, going: Going) -> None:
    told = {part.code: part.back(going) for part in parts()}
    returned = [key for each in told.values() for key in each.back]
    for part in parts():
        followed = part.follow(going, returned)
        told[part.code].moved += followed
        done.told[part.code].add(told[part.code])


def _write(actor: Actor, survivor: Customer, now: datetime.datetime) -> None:
    put_formulas(survivor, access.fields_in_use(actor), timezone.localdate(now))
    survivor.name_key = name_key(survivor.name)
    survivor.version += 1
    survivor.updated_at = now
    survivor.save()
    reindex(actor, survivor)


def _tell_merged(
    actor: Actor, done: Merged, survivor: Customer, others: Sequence[Customer], now: datetime.datetime
) -> None:
    merge = done.merge
    named = [f"{each.name} ({each.code})" for each in others]
    _on_timeline(actor, merge, {"what": "merged", "names": [each.name for each in others]}, now)
    record(
        CustomersMerged(survivor.pk, list(merge.customer_ids), merge.pk),
        actor=actor,
        now=now,
        subject=("customer", survivor.pk),
        changes={**_with_pool(merge.changed), "merged": [None, named]},
    )
    _record_each(actor, others, {"merged_into": [None, f"{survivor.name} ({survivor.code})"]}, now)


def _tell_undone(
    actor: Actor, done: Merged, survivor: Customer, others: Sequence[Customer], now: datetime.datetime
) -> None:
    merge = done.merge
    named = [f"{each.name} ({each.code})" for each in others]
    _on_timeline(actor, merge, {"what": "undone", "names": [each.name for each in others]}, now)
    record(
        MergeUndone(survivor.pk, list(merge.customer_ids), merge.pk),
        actor=actor,
        now=now,
        subject=("customer", survivor.pk),
        changes={**_with_pool(done.changed), "merged": [named, None]},
    )
    _record_each(actor, others, {"merged_into": [f"{survivor.name} ({survivor.code})", None]}, now)


def _on_timeline(actor: Actor, merge: Merge, data: dict[str, Any], now: datetime.datetime) -> None:
    add_to_timeline(
        actor=actor,
        customer_id=merge.survivor_id,
        kind=TimelineKind.MERGE,
        occurred_at=now,
        object_id=merge.pk,
        data=data,
    )


def _record_each(
    actor: Actor,
    others: Sequence[Customer],
    changes: dict[str, list[Any]],
    now: datetime.datetime,
) -> None:
    """On the trail of each who vanished or came back."""
    for each in others:
        event = CustomersMerged if changes["merged_into"][1] else MergeUndone
        write_entry(event.name, actor=actor, now=now, subject=("customer", each.pk), changes=changes)
