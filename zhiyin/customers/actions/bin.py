"""The recycle bin: customers are put in with all that hangs on them, restored, or purged for good."""

import datetime
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from zhiyin.analytics.actions.values import forget_values
from zhiyin.analytics.models import CustomerValue
from zhiyin.customers import access
from zhiyin.customers.actions.before import keep_deleted
from zhiyin.customers.actions.bulk import Done, Selection, selected, too_many
from zhiyin.customers.choices import Gone
from zhiyin.customers.events import (
    CustomerDeleted,
    CustomerPurged,
    CustomerRestored,
    CustomersDeleted,
    CustomersPurged,
    CustomersRestored,
)
from zhiyin.customers.fields.uploads import files_of
from zhiyin.customers.models import Customer, DocumentVersion, Merge, Suspect, Undo
from zhiyin.customers.queries.disputes import InDispute, in_dispute, undisputed
from zhiyin.customers.queries.retention.holds import OnHold, held
from zhiyin.platform import crypto, files, jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.platform.models import StoredFile
from zhiyin.platform.record import record, write_each
from zhiyin.platform.tenancy import with_gone

# what apps further up do before customers are deleted for good, inside the transaction that does it
Purging = Callable[[Sequence[uuid.UUID]], None]
_purging: list[Purging] = []


def before_purge(function: Purging) -> Purging:
    """Register a function; it is called with the keys of the customers, within ``with_gone``."""
    _purging.append(function)
    return function


def delete_customer(*, actor: Actor, customer_id: uuid.UUID, now: datetime.datetime) -> Done:
    """Put one customer into the bin. Raises ``NotFound``, ``OnlyShared`` and ``InDispute``."""
    actor.require("customers.delete")
    customer = access.customer(actor, customer_id, need="full", lock=True)
    if in_dispute([customer.pk]):
        raise InDispute
    put_in(actor, [customer.pk], now)
    record(
        CustomerDeleted(customer_id),
        actor=actor,
        now=now,
        subject=("customer", customer_id),
        changes={"gone": [None, str(Gone.DELETED)]},
    )
    return Done(1, undo_id=keep_deleted(actor, [customer_id], now).pk)


def delete_customers(
    *, actor: Actor, selection: Selection, now: datetime.datetime, in_background: bool = False
) -> Done:
    """Put chosen customers into the bin, but for those in dispute. More than ``BULK_AT_ONCE`` become a job."""
    actor.require("customers.delete")
    if not in_background and (many := too_many(actor, selection, "full")):
        arguments = {"selection": many.data(), "change": "delete", "values": {}}
        return Done(
            0,
            jobs.start(
                actor=actor,
                kind="customers.bulk",
                title=_("Deletion of customers"),
                arguments=arguments,
                now=now,
            ),
        )
    chosen = undisputed(Customer.objects.filter(pk__in=selected(actor, selection, "full").values("pk")))
    ids = list(chosen.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    put_in(actor, ids, now)
    write_each(
        CustomerDeleted.name,
        actor=actor,
        now=now,
        kind="customer",
        changes={key: {"gone": [None, str(Gone.DELETED)]} for key in ids},
    )
    record(CustomersDeleted(len(ids)), actor=actor, now=now, changes={"customers": [None, len(ids)]})
    return Done(len(ids), undo_id=keep_deleted(actor, ids, now).pk)


def put_in(actor: Actor, ids: Sequence[uuid.UUID], now: datetime.datetime) -> None:
    """Take them out of all lists."""
    with with_gone():
        Customer.objects.filter(pk__among=ids).update(
            gone=Gone.DELETED, gone_at=now, gone_by=actor.name[:100], version=F("version") + 1, updated_at=now
        )


def binned(actor: Actor) -> QuerySet[Customer]:
    """Whom this actor may restore; to be read within ``with_gone``."""
    return access.customers(actor, "full").filter(gone=Gone.DELETED)


def restore_customers(
    *, actor: Actor, customer_ids: Collection[uuid.UUID], now: datetime.datetime
) -> list[uuid.UUID]:
    """Bring customers back from the bin with all that hung on them; their keys. Raises ``NotFound`` for none."""
    actor.require("customers.delete")
    ids = restored(actor, customer_ids, now)
    if not ids:
        raise NotFound
    return ids


def restored(actor: Actor, customer_ids: Collection[uuid.UUID], now: datetime.datetime) -> list[uuid.UUID]:
    """Those of them whom this actor could bring back."""
    with with_gone():
        rows = binned(actor).filter(pk__among=customer_ids).order_by("pk")
        ids = list(rows.select_for_update(no_key=True).values_list("pk", flat=True))
        Customer.objects.filter(pk__among=ids).update(
            gone="", gone_at=None, gone_by="", version=F("version") + 1, updated_at=now
        )
    if ids:
        changes = {key: {"gone": [str(Gone.DELETED), None]} for key in ids}
        write_each(CustomerRestored.name, actor=actor, now=now, kind="customer", changes=changes)
        record(CustomersRestored(ids), actor=actor, now=now, changes={"customers": [None, len(ids)]})
    return ids


def purge_customers(*, actor: Actor, customer_ids: Collection[uuid.UUID], now: datetime.datetime) -> int:
    """Delete customers in the bin for good, but those on legal hold. Raises ``NotFound`` for none, or ``OnHold``."""
    actor.require("customers.purge")
    with with_gone():
        rows = binned(actor).filter(pk__among=customer_ids).order_by("pk")
        count = _purge(actor, rows.exclude(pk__in=held().values("customer")), now)
        if not count and rows.exists():
            raise OnHold
    if not count:
        raise NotFound
    return count


def purge_bin(*, actor: Actor, deleted_before: datetime.datetime, most: int, now: datetime.datetime) -> int:
    """Purge those who were deleted before, the first ``most`` of them; how many. Who is restricted or on legal hold stays."""
    actor.require("customers.purge")
    with with_gone():
        rows = Customer.objects.filter(gone=Gone.DELETED, gone_at__lt=deleted_before)
        rows = access.unrestricted(rows.exclude(pk__in=held().values("customer"))).order_by("gone_at", "pk")
        return _purge(actor, rows[:most], now)


def _purge(actor: Actor, rows: QuerySet[Customer], now: datetime.datetime) -> int:
    # an order being written holds its customer: wait for it, then it is found
    codes = dict(rows.select_for_update().values_list("pk", "code"))
    if not codes:
        return 0
    chosen = len(codes)
    codes |= merged_into(codes)
    ids = list(codes)
    delete_for_good(ids, now)
    changes = {key: {"code": [code, None]} for key, code in codes.items()}
    write_each(CustomerPurged.name, actor=actor, now=now, kind="customer", changes=changes)
    record(CustomersPurged(ids), actor=actor, now=now, changes={"customers": [None, len(ids)]})
    return chosen


def delete_for_good(ids: Sequence[uuid.UUID], now: datetime.datetime) -> Counter[str]:
    """Delete customers with all that is theirs, and destroy their keys; how many rows of which model went.

    To be called within ``with_gone``, with the files that were merged into them among them.
    """
    for function in _purging:
        function(ids)
    stored = list(StoredFile.objects.filter(pk__in=_files(ids)))
    deleted: Counter[str] = Counter({StoredFile._meta.label: len(stored)})
    deleted[CustomerValue._meta.label] = forget_values(ids)
    for rows in (
        Suspect.objects.filter(Q(one_id__among=ids) | Q(other_id__among=ids)),
        Merge.objects.filter(survivor_id__among=ids),
        Undo.objects.filter(customer_ids__overlap=ids).filter(customer_ids__contained_by=ids),
        Customer.objects.filter(pk__among=ids),
    ):
        deleted.update(rows.delete()[1])
    for file in stored:
        files.delete(file)
    for key in ids:
        crypto.destroy(key, now=now)
    return deleted


def merged_into(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Whose files became part of theirs, at any depth, with their codes."""
    found: dict[uuid.UUID, str] = {}
    newest: Sequence[uuid.UUID] = list(ids)
    while newest:
        rows = Customer.objects.filter(merged_into__among=newest)
        newest_codes = {key: code for key, code in rows.values_list("pk", "code") if key not in found}
        found |= newest_codes
        newest = list(newest_codes)
    return found


def _files(ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    versions = DocumentVersion.objects.filter(document__customer__among=ids)
    return [*versions.values_list("file_id", flat=True), *files_of(ids)]
