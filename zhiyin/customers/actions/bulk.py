"""The same change on many customers: those ticked, or all that a filter lets through."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from zhiyin.accounts.access import takers
from zhiyin.customers import access
from zhiyin.customers.actions.assigned import Given, keep_assignments
from zhiyin.customers.actions.before import Before, keep_owners, keep_tagged, keep_untagged
from zhiyin.customers.actions.holdings import refresh_holdings
from zhiyin.customers.events import CustomerChanged, CustomersChanged, CustomersExported
from zhiyin.customers.models import Customer, CustomerTag, Tag, Undo
from zhiyin.customers.queries import CustomerFilter, matching
from zhiyin.customers.queries.disputes import InDispute, in_dispute, undisputed
from zhiyin.platform import jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.database.bounded import bounded
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.record import Changes, record, write_each
from zhiyin.platform.text import checked

BULK_AT_ONCE = 5_000
CHOSEN_WITHIN = 20_000  # milliseconds, for whoever waits


@dataclass(frozen=True, slots=True)
class Selection:
    """Chosen customers: ``ids``, or everything that ``where`` lets through."""

    ids: tuple[uuid.UUID, ...] = ()
    where: CustomerFilter | None = None

    def data(self) -> dict[str, Any]:
        """As JSON, for a job."""
        where = self.where.model_dump(mode="json", exclude_defaults=True) if self.where else None
        return {"ids": [str(each) for each in self.ids], "where": where}

    @classmethod
    def load(cls, data: dict[str, Any]) -> "Selection":
        where = data.get("where")
        return cls(
            tuple(uuid.UUID(each) for each in data.get("ids", ())),
            None if where is None else CustomerFilter.model_validate(where),
        )


@dataclass(frozen=True, slots=True)
class Done:
    """How many customers were changed and what takes it back, or the job that changes them."""

    count: int
    job: jobs.Job | None = field(default=None)
    undo_id: uuid.UUID | None = None


def selected(actor: Actor, selection: Selection, need: access.Need = "read") -> QuerySet[Customer]:
    """The customers of a selection that this actor may see, or change, or dispose of."""
    rows = matching(actor, selection.where or CustomerFilter())
    if need != "read":
        rows = rows.filter(access.reach(actor, need))
    return rows.filter(pk__among=selection.ids) if selection.where is None else rows


def assign_customers(
    *,
    actor: Actor,
    selection: Selection,
    owner_id: uuid.UUID | None,
    unit_id: uuid.UUID | None = None,
    reason: str = "",
    now: datetime.datetime,
    in_background: bool = False,
) -> Done:
    """Give customers to an owner and into the owner's unit, or take their owner away, into a unit if one is named.

    ``reason`` is kept.

    Those in dispute stay as they are; raises ``InDispute`` when there are no others.
    More than ``BULK_AT_ONCE`` become a job.
    """
    actor.require("customers.edit")
    said = checked(" ".join(reason.split()), "reason", 200)
    owner = None
    if owner_id is not None:
        owner = takers(actor).filter(pk=owner_id).first()
        if owner is None:
            raise Invalid(_("Choose somebody you may give customers to."), field="owner")
    if not in_background and (
        job := bulk_job(
            actor, selection, "assign", {"owner_id": owner_id, "unit_id": unit_id}, now, reason=said
        )
    ):
        return Done(0, job)
    rows = Customer.objects.filter(pk__in=selected(actor, selection, "full").values("pk"))
    rows = rows.exclude(owner=owner) if owner else rows.exclude(owner=None)
    chosen = locked(undisputed(rows))
    if not chosen and in_dispute(selection.ids):
        raise InDispute
    ids = [key for key, *_rest in chosen]
    values: dict[str, Any] = {"owner_id": owner_id, "version": F("version") + 1, "updated_at": now}
    if unit := owner.unit_id if owner else unit_id:
        values["unit_id"] = unit
    Customer.objects.filter(pk__among=ids).update(**values)
    refresh_holdings(actor.tenant_id, now, ids)
    given = [
        Given(key, old, owner_id, None if owner else unit_id, reason=said) for key, old, *_rest in chosen
    ]
    keep_assignments(actor, given, now)
    to = {"owner_id": owner_id} | ({"unit_id": unit} if unit else {})
    why = {"reason": [None, said]} if said else {}
    each = {
        key: different({"owner_id": old, "unit_id": left}, to) | why for key, old, left, _version in chosen
    }
    told = {"owner": owner.name if owner else None} | ({"reason": said} if said else {})
    _tell(actor, each, told, now)
    return _done(keep_owners(actor, chosen, now))


def tag_customers(
    *,
    actor: Actor,
    selection: Selection,
    tag_id: uuid.UUID,
    now: datetime.datetime,
    in_background: bool = False,
) -> Done:
    """Put a tag on customers that do not carry it yet. More than ``BULK_AT_ONCE`` become a job."""
    actor.require("customers.edit")
    tag = _tag(tag_id)
    if not in_background and (job := bulk_job(actor, selection, "tag", {"tag_id": tag_id}, now)):
        return Done(0, job)
    may = selected(actor, selection, "write")
    ids = list(may.exclude(customer_tags__tag=tag).values_list("pk", flat=True))
    links = [CustomerTag(customer_id=key, tag=tag) for key in ids]
    CustomerTag.objects.bulk_create(links, ignore_conflicts=True, batch_size=5000)
    _tell(actor, {key: {"tag": [None, tag.name]} for key in ids}, {"tag": tag.name}, now)
    return _done(keep_tagged(actor, links, now))


def untag_customers(
    *,
    actor: Actor,
    selection: Selection,
    tag_id: uuid.UUID,
    now: datetime.datetime,
    in_background: bool = False,
) -> Done:
    """Take a tag from customers. More than ``BULK_AT_ONCE`` become a job."""
    actor.require("customers.edit")
    tag = _tag(tag_id)
    if not in_background and (job := bulk_job(actor, selection, "untag", {"tag_id": tag_id}, now)):
        return Done(0, job)
    links = CustomerTag.objects.filter(tag=tag, customer__in=selected(actor, selection, "write").values("pk"))
    ids = list(links.values_list("customer_id", flat=True))
    links.delete()
    _tell(actor, {key: {"untag": [None, tag.name]} for key in ids}, {"untag": tag.name}, now)
    return _done(keep_untagged(actor, ids, tag.pk, now))


def export_customers(
    *,
    actor: Actor,
    selection: Selection,
    columns: list[str],
    style: str,
    sensitive: bool = False,
    now: datetime.datetime,
) -> jobs.Job:
    """Write the selection into a CSV or XLSX file, as a job whose result is the file.

    With ``sensitive`` values in clear; that takes a permission of its own.
    """
    actor.require("customers.export")
    if sensitive:
        actor.require("customers.sensitive")
    if style not in ("csv", "xlsx"):
        raise Invalid(_("Choose CSV or XLSX."), field="format")
    record(
        CustomersExported(len(selection.ids), style),
        actor=actor,
        now=now,
        changes={"selection": [None, selection.data()], **({"sensitive": [None, True]} if sensitive else {})},
    )
    return jobs.start(
        actor=actor,
        kind="customers.export",
        title=_("Export of customers"),
        arguments={
            "selection": selection.data(),
            "columns": columns,
            "style": style,
            "sensitive": sensitive,
        },
        now=now,
    )


def too_many(actor: Actor, selection: Selection, need: access.Need) -> Selection | None:
    """A selection too large for a request, by the keys that it holds at this moment. Raises ``TookTooLong``."""
    keys = selected(actor, selection, need).order_by().values_list("pk", flat=True)
    with bounded(CHOSEN_WITHIN):
        return Selection(ids=tuple(keys)) if len(keys[: BULK_AT_ONCE + 1]) > BULK_AT_ONCE else None


def bulk_job(
    actor: Actor,
    selection: Selection,
    change: str,
    values: dict[str, Any],
    now: datetime.datetime,
    *,
    reason: str = "",
    texts: Mapping[str, str] | None = None,
) -> jobs.Job | None:
    """A job when the selection is too large for a request."""
    many = too_many(actor, selection, "read")
    if many is None:
        return None
    plain = {name: None if value is None else str(value) for name, value in values.items()}
    return jobs.start(
        actor=actor,
        kind="customers.bulk",
        title=_("Change of many customers"),
        arguments={
            "selection": many.data(),
            "change": change,
            "values": plain,
            "reason": reason,
            "texts": dict(texts or {}),
        },
        now=now,
    )


def _tag(tag_id: uuid.UUID) -> Tag:
    tag = Tag.objects.filter(pk=tag_id).first()
    if tag is None:
        raise NotFound(_("There is no such tag."), field="tag")
    return tag


def locked(rows: QuerySet[Customer]) -> list[Before]:
    """Rows as they are, locked in one order so that two bulk changes do not dead-lock."""
    held = rows.order_by("pk").select_for_update(no_key=True)
    return list(held.values_list("pk", "owner_id", "unit_id", "version"))


def _done(kept: Undo) -> Done:
    return Done(len(kept.customer_ids), undo_id=kept.pk)


def different(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What ``after`` changes of ``before``, as the audit log has it."""
    return {name: [before[name], new] for name, new in after.items() if before[name] != new}


def _tell(
    actor: Actor, each: Mapping[uuid.UUID, Changes], change: dict[str, Any], now: datetime.datetime
) -> None:
    """Into the trail of each customer what is different, and once what was done to how many."""
    write_each(CustomerChanged.name, actor=actor, now=now, kind="customer", changes=each)
    changes = {name: [None, new] for name, new in {"customers": len(each), **change}.items()}
    record(CustomersChanged(len(each), change), actor=actor, now=now, changes=changes)
