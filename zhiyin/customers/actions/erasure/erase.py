"""Erasing a person: everything that is known of him goes, and stays gone."""

import datetime
import uuid
from collections import Counter
from collections.abc import Callable, Sequence

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from zhiyin.customers import access
from zhiyin.customers.actions.bin import binned, delete_for_good, merged_into, put_in
from zhiyin.customers.actions.contacts import region_of
from zhiyin.customers.actions.erasure.person import Person, who
from zhiyin.customers.actions.erasure.stored import empty_files
from zhiyin.customers.actions.erasure.sweep import clear, sweep
from zhiyin.customers.choices import ErasureBasis, Gone
from zhiyin.customers.events import CustomerErased, CustomersPurged, ErasureAsked, SuppressionLifted
from zhiyin.customers.models import Customer, Erasure
from zhiyin.customers.queries.retention.holds import OnHold, held
from zhiyin.customers.suppression import known_as
from zhiyin.imports.models import Import
from zhiyin.platform import crypto, jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.audit import log
from zhiyin.platform.audit.redaction import redact
from zhiyin.platform.audit.verify import REDACTED
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.models import AuditEntry, Job, StoredFile
from zhiyin.platform.record import record
from zhiyin.platform.tenancy import with_gone
from zhiyin.platform.text import checked

SWEPT, FILES, ENTRIES = "swept", "files", "entries"
Progress = Callable[[str], None]


def ask_erasure(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    basis: str,
    reference: str = "",
    code: str,
    now: datetime.datetime,
) -> Erasure:
    """Take a customer out of everybody's sight and begin to erase him, as a job.

    ``code`` is the customer's, written once more: nothing brings back who was erased. ``reference`` says where the
    reasons are kept, such as the number of a letter, and not who it is. Raises ``NotFound``, ``OnHold`` and ``Invalid``.
    """
    actor.require("customers.erase")
    customer = _reached(actor, customer_id)
    if held().filter(customer=customer_id).exists():
        raise OnHold
    if "".join(code.split()).casefold() != customer.code_key:
        raise Invalid(_("This is not the customer's code."), field="code")
    if basis not in ErasureBasis.values:
        raise Invalid(_("This is not one of the choices."), field="basis")
    reference = checked(reference, "reference", 100)
    with with_gone():
        ids = [customer.pk, *merged_into([customer.pk])]
    if not customer.gone:
        put_in(actor, [customer.pk], now)
    made = Erasure.objects.create(
        basis=basis, reference=reference, customer_ids=ids, asked_by=actor.name[:100], asked_at=now
    )
    job = jobs.start(
        actor=actor,
        kind="customers.erase",
        title=_("Erasure of a person"),
        arguments={"erasure_id": str(made.pk)},
        now=now,
    )
    made.job_id = job.pk
    made.save(update_fields=["job_id"])
    changes = {"basis": [None, basis], "reference": [None, reference]}
    record(ErasureAsked(made.pk), actor=actor, now=now, subject=("erasure", made.pk), changes=changes)
    return made


def _reached(actor: Actor, customer_id: uuid.UUID) -> Customer:
    """A customer in use, or in the bin."""
    with with_gone():
        rows = binned(actor) | access.customers(actor, "full").filter(gone="")
        customer = rows.filter(pk=customer_id).select_for_update().first()
    if customer is None or customer.gone not in ("", Gone.DELETED):
        raise NotFound
    return customer


def erase(*, actor: Actor, erasure_id: uuid.UUID, now: datetime.datetime, progress: Progress) -> Erasure:
    """Do what was asked for; once done, it is done. In the current transaction."""
    actor.require("customers.erase")
    erasure = Erasure.objects.select_for_update().get(pk=erasure_id)
    if erasure.done_at:
        return erasure
    with with_gone():
        parts, person = _erased(erasure.customer_ids, now, progress)
        erasure.suppressed = crypto.suppress(person.known, now=now)
        progress(_("Redacting the audit log"))
        record(
            CustomerErased(erasure.pk, erasure.customer_ids),
            actor=actor,
            now=now,
            subject=("erasure", erasure.pk),
            changes={"customers": [None, len(erasure.customer_ids)]},
        )
        erasure.redacted = _redact(actor, person, now)
    erasure.parts = {name: count for name, count in sorted(parts.items()) if count}
    last = log.last_seal()
    if last:
        erasure.log_size, erasure.log_root = last.size, bytes(last.root).hex()
    erasure.done_at = now
    erasure.save()
    return erasure


def erase_again(*, actor: Actor, most: int, now: datetime.datetime) -> int:
    """Erase those who were purged or erased once and came back with an old backup, the first ``most``; how many.

    By what they are known again is suppressed already, if they were erased: the keys file says so.
    """
    actor.require("customers.erase")
    with with_gone():
        back = Customer.objects.filter(pk__among=crypto.destroyed()).order_by("pk")
        chosen = list(back.values_list("pk", flat=True)[:most])
        if not chosen:
            return 0
        ids = [*chosen, *merged_into(chosen)]
        _parts, person = _erased(ids, now, lambda _message: None)
        record(CustomersPurged(ids), actor=actor, now=now, changes={"customers": [None, len(ids)]})
        _redact(actor, person, now)
    return len(chosen)


def _erased(
    ids: Sequence[uuid.UUID], now: datetime.datetime, progress: Progress
) -> tuple[Counter[str], Person]:
    """Everything but suppression and the audit log: what went, and who it was."""
    list(Customer.objects.filter(pk__in=ids).order_by("pk").select_for_update())
    progress(_("Deleting files and records"))
    person = who(ids)
    parts = Counter(clear(person))
    parts.update(delete_for_good(ids, now))
    progress(_("Looking through texts of others"))
    parts[SWEPT] = sweep(person)
    progress(_("Looking through stored files"))
    parts[FILES] = empty_files(person, _files_with_many(), now)
    return parts, person


def _files_with_many() -> list[StoredFile]:
    """Files in which there may be anybody: results of jobs, and what was imported."""
    results = Job.objects.filter(result__has_key="file").values_list("result__file", flat=True)
    keys = {uuid.UUID(key) for key in results if key}
    for each in Import.objects.values_list("file_id", "refused_file_id"):
        keys.update(key for key in each if key)
    return list(StoredFile.objects.filter(pk__in=keys))


def _redact(actor: Actor, person: Person, now: datetime.datetime) -> int:
    """Take out of the audit log what it says about the person."""
    about = AuditEntry.objects.filter(subject_id__in=[*person.ids, *person.objects])
    keys = set(about.exclude(changes=REDACTED).values_list("pk", flat=True)) | _telling(person)
    return redact(actor, AuditEntry.objects.filter(pk__in=keys), now=now)


def _telling(person: Person) -> set[uuid.UUID]:
    """Entries about something else that name the person."""
    words = Q()
    for word in person.words:
        words |= Q(text__icontains=word)
    if not words:
        return set()
    rows = AuditEntry.objects.annotate(text=Cast("changes", TextField())).filter(words)
    return {row.pk for row in rows.iterator() if person.blotted(row.changes) != row.changes}


def lift_suppression(*, actor: Actor, kind: str, value: str, reason: str, now: datetime.datetime) -> None:
    """Let somebody who was erased be entered again. Raises ``NotFound`` where nothing is blocked, ``Invalid``."""
    actor.require("customers.erase")
    reason = checked(reason, "reason", 200, needed=True)
    if not crypto.lift(known_as(kind, value, region_of(actor.tenant_id))):
        raise NotFound(_("Nothing is blocked by this."))
    changes = {"kind": [None, kind], "reason": [None, reason]}
    record(SuppressionLifted(kind), actor=actor, now=now, changes=changes)
