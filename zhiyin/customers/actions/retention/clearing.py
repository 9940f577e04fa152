"""Clears what is kept no longer, customer by customer, each with an entry in the audit log that tells no value."""

import datetime
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access
from zhiyin.customers.actions.formulas import refresh_soon
from zhiyin.customers.actions.index import reindex
from zhiyin.customers.events import CustomerChanged, RetentionCleared
from zhiyin.customers.fields.masks import STARS
from zhiyin.customers.models import Customer, Merge, MergedRow, RetentionRule
from zhiyin.customers.queries.retention.areas import CONTACTS, Area, Records, Values, areas_of
from zhiyin.customers.queries.retention.due import KIND, cutoff, due, having
from zhiyin.imports.actions import forget_changes
from zhiyin.platform import files, jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.audit.redaction import redact
from zhiyin.platform.models import AuditEntry, StoredFile
from zhiyin.platform.record import record, write_each
from zhiyin.platform.tenancy import with_gone

CHUNK = 500
Told = dict[uuid.UUID, dict[str, list[Any]]]


@dataclass(slots=True)
class Cleared:
    """How many customers and values, and the last customer looked at; ``None`` when there is none further."""

    customers: int = 0
    values: int = 0
    last: uuid.UUID | None = None


@dataclass(slots=True)
class _Clearing:
    """A chunk of customers: what each loses, as the audit log tells it."""

    ids: Sequence[uuid.UUID]
    before: datetime.datetime
    told: Told = field(default_factory=dict)
    values: int = 0
    # customers merged into them; records that went, and those of them with entries of their own in the audit log
    merged: list[uuid.UUID] = field(default_factory=list)
    records: list[uuid.UUID] = field(default_factory=list)
    objects: list[uuid.UUID] = field(default_factory=list)

    @property
    def files(self) -> list[uuid.UUID]:
        """The customers who lose something, and whoever was merged into one of them."""
        return [*self.told, *self.merged]

    def lost(self, customer: uuid.UUID, code: str, number: int, change: list[Any]) -> None:
        self.told.setdefault(customer, {})[code] = change
        self.values += number


def clear_overdue(*, actor: Actor, now: datetime.datetime) -> jobs.Job:
    """Clear by all rules that are switched on, as a job; as happens each night."""
    actor.require("settings.manage")
    return jobs.start(actor=actor, kind=KIND, title=str(_("Clearing of what is kept no longer")), now=now)


def clear_now(
    *,
    actor: Actor,
    now: datetime.datetime,
    within: Callable[[], Any],
    progress: Callable[[int], None],
) -> Cleared:
    """What the job of ``clear_overdue`` does, a chunk of customers a transaction ``within``."""
    total = Cleared()
    with within():
        rules = list(RetentionRule.objects.filter(is_on=True).order_by("created_at", "id"))
    for rule in rules:
        last: uuid.UUID | None = None
        while True:
            with within():
                done = clear_due(actor=actor, rule_id=rule.pk, after=last, now=now)
            total.customers, total.values = total.customers + done.customers, total.values + done.values
            progress(total.values)
            if done.last is None:
                break
            last = done.last
    if total.values:
        with within():
            refresh_soon(actor=actor, now=now)
    return total


def clear_due(
    *, actor: Actor, rule_id: uuid.UUID, after: uuid.UUID | None = None, now: datetime.datetime
) -> Cleared:
    """Clear by one rule of a chunk of customers behind ``after``.

    Nothing by one that is switched off meanwhile. Who is being worked on at this moment is left to the next night.
    """
    actor.require("settings.manage")
    rule = access.retention_rule(rule_id)
    if not rule.is_on:
        return Cleared()
    areas, before = areas_of(rule.areas), cutoff(rule, now)
    rows = due(rule, actor, now).filter(having(areas, before)).order_by("pk")
    found = list((rows.filter(pk__gt=after) if after else rows).values_list("pk", flat=True)[:CHUNK])
    held = Customer.objects.filter(pk__among=found).select_for_update(no_key=True, skip_locked=True)
    mine = list(held.order_by("pk").values_list("pk", flat=True))
    ids = list(due(rule, actor, now).filter(pk__among=mine).values_list("pk", flat=True))
    work = _Clearing(ids, before)
    _clear(actor, work, areas, now)
    _redact(actor, work, areas, now)
    _tell(actor, rule, work, now)
    return Cleared(len(work.told), work.values, found[-1] if len(found) == CHUNK else None)


def _clear(actor: Actor, work: _Clearing, areas: Sequence[Area], now: datetime.datetime) -> None:
    with with_gone():
        into = _merged_into(work.ids)
    values = [each for each in areas if isinstance(each, Values)]
    if values:
        _clear_values(work, values, into, now)
    for each in areas:
        if isinstance(each, Records):
            _clear_records(work, each)
    work.merged = [key for key, survivor in into.items() if survivor in work.told]
    _forget_ways_back(work, areas)
    searched = {each.code for each in areas if each.group == CONTACTS or each.code == "short_name"}
    if searched:
        with with_gone():
            for customer in Customer.objects.filter(pk__among=work.files):
                reindex(actor, customer)


def _forget_ways_back(work: _Clearing, areas: Sequence[Area]) -> None:
    """What undoing an import or a merge would bring back."""
    if not work.told:
        return
    forget_changes([*work.files, *work.records])
    names = [each.code for each in areas]
    merges = Merge.objects.filter(survivor_id__among=work.files)
    merges.update(changed=RawSQL("changed - %s::text[]", [names]))
    joined = MergedRow.objects.filter(merge__in=merges, part__startswith="contacts", removed=True)
    joined.filter(kept__kind__in=names).delete()


def _clear_values(
    work: _Clearing,
    areas: Sequence[Values],
    into: Mapping[uuid.UUID, uuid.UUID],
    now: datetime.datetime,
) -> None:
    """Of those who were merged into a customer too: they would bring the values back."""
    with with_gone():
        every = Customer.objects.filter(Q(pk__among=work.ids) | Q(pk__among=into))
        files_gone: list[str] = []
        touched: set[uuid.UUID] = set()
        for customer in every.filter(created_at__lt=work.before):
            there = [each for each in areas if _value(customer, each) not in (None, "")]
            files_gone += [str(_value(customer, each)) for each in there if each.is_file]
            for each in there:
                work.lost(into.get(customer.pk, customer.pk), each.code, 1, [STARS, None])
            if there:
                touched.add(customer.pk)
        columns: dict[str, Any] = {each.code: "" for each in areas if not each.key}
        keys = [each.key for each in areas if each.key]
        Customer.objects.filter(pk__among=touched).update(
            custom=RawSQL("custom - %s::text[]", [keys]), version=F("version") + 1, updated_at=now, **columns
        )
    for stored in StoredFile.objects.filter(pk__in=files_gone):
        files.delete(stored)


def _value(customer: Customer, area: Values) -> Any:
    return customer.custom.get(area.key) if area.key else getattr(customer, area.code)


def _merged_into(ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, uuid.UUID]:
    """Whose files became part of these, at any depth, with that of these which they became part of."""
    found: dict[uuid.UUID, uuid.UUID] = {}
    newest = {key: key for key in ids}
    while newest:
        rows = Customer.objects.filter(merged_into__among=newest)
        newest = {
            key: newest[into]
            for key, into in rows.values_list("pk", "merged_into")
            if into and key not in found
        }
        found |= newest
    return found


def _clear_records(work: _Clearing, area: Records) -> None:
    rows = area.written(work.before).filter(customer__among=work.ids)
    counts = dict(rows.order_by().values_list("customer").annotate(number=Count("*")))
    for customer, number in counts.items():
        work.lost(customer, area.code, number, [number, 0])
    if counts:
        keys = list(rows.values_list("id", flat=True))
        work.records += keys
        work.objects += keys if area.subject else []
        area.forget(rows)


def _redact(actor: Actor, work: _Clearing, areas: Sequence[Area], now: datetime.datetime) -> None:
    """Take out of the audit log what it tells of what was cleared: entries are redacted whole."""
    if not work.told:
        return
    values = [each.code for each in areas if isinstance(each, Values)]
    records = [each.told_as or each.code for each in areas if isinstance(each, Records)]
    telling = Q(changes__has_any_keys=values) | Q(changes__has_any_keys=records, occurred_at__lt=work.before)
    theirs = Q(subject_kind="customer", subject_id__in=work.files)
    entries = AuditEntry.objects.filter(theirs & telling | Q(subject_id__in=work.objects))
    entries = entries.exclude(changes__has_key="retention")
    if entries.exists():
        redact(actor, entries, now=now)


def _tell(actor: Actor, rule: RetentionRule, work: _Clearing, now: datetime.datetime) -> None:
    if not work.told:
        return
    each = {key: {**lost, "retention": [None, rule.name]} for key, lost in work.told.items()}
    write_each(CustomerChanged.name, actor=actor, now=now, kind="customer", changes=each)
    record(
        RetentionCleared(rule.pk, len(each), work.values),
        actor=actor,
        now=now,
        subject=("retention_rule", rule.pk),
        changes={"customers": [None, len(each)], "values": [None, work.values]},
    )
