"""A copy of everything about one person, made for a request of theirs: a job, a file for some days, each download noted."""

import datetime
import tempfile
import uuid
from collections.abc import Callable

from django.utils.translation import gettext as _

from zhiyin.accounts.models import Tenant
from zhiyin.customers import access
from zhiyin.customers.actions.bin import merged_into
from zhiyin.customers.choices import RequestKind
from zhiyin.customers.events import SubjectRequestChanged
from zhiyin.customers.fields import veiled_customer
from zhiyin.customers.models import SubjectRequest
from zhiyin.platform import files, jobs, portability
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, NotFound
from zhiyin.platform.jobs import Job
from zhiyin.platform.models import StoredFile
from zhiyin.platform.record import record, record_read
from zhiyin.platform.tenancy import with_gone

PACKAGE_KEPT = datetime.timedelta(days=7)


def pack_subject_request(*, actor: Actor, request_id: uuid.UUID, now: datetime.datetime) -> Job:
    """Begin to pack the copy that somebody asked for. Raises ``Conflict`` for a request of another kind or once answered."""
    _require(actor)
    found = access.subject_request(actor, request_id, need="write", lock=True)
    if found.kind != RequestKind.ACCESS or not found.is_open or found.customer_id is None:
        raise Conflict(_("A copy is made for an open request for one."))
    job = jobs.start(
        actor=actor,
        kind="customers.pack_request",
        title=_("Copy of a person's data"),
        arguments={"request_id": str(request_id)},
        now=now,
    )
    found.job_id = job.pk
    found.save(update_fields=["job_id"])
    _record(actor, found, {"job": [None, str(job.pk)]}, now)
    return job


def write_subject_package(
    *,
    actor: Actor,
    request_id: uuid.UUID,
    now: datetime.datetime,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> portability.Packed:
    """Write the copy, as far as ``actor`` may have it, in place of an earlier one; what was packed."""
    _require(actor)
    found = access.subject_request(actor, request_id, need="write", lock=True)
    if found.customer is None or not found.is_open:
        raise Conflict(_("A copy is made for an open request for one."))
    person = veiled_customer(actor, found.customer).name
    company = Tenant.objects.get(pk=actor.tenant_id).name
    with tempfile.TemporaryFile() as stream:
        with with_gone():
            packed = portability.write_package(
                stream,
                actor=actor,
                ids=[found.customer.pk, *merged_into([found.customer.pk])],
                company=company,
                person=person,
                now=now,
                progress=progress,
            )
        stream.seek(0)
        name = f"{_('copy')}-{found.customer.code}-{now:%Y%m%d}.zip"
        stored = files.save(stream, name=name, actor=actor, now=now, content_type="application/zip")
    earlier, found.file, found.file_ends_at = found.file, stored, now + PACKAGE_KEPT
    found.save(update_fields=["file", "file_ends_at"])
    if earlier:
        files.delete(earlier)
    changes: dict[str, list[object]] = {"areas": [None, packed.areas], "files": [None, packed.files]}
    _record(actor, found, changes | {"left_out": [None, packed.withheld]}, now)
    return packed


def open_subject_package(*, actor: Actor, request_id: uuid.UUID, now: datetime.datetime) -> StoredFile:
    """The copy, for who answers such requests and may export; that it was taken is noted. Raises ``NotFound``."""
    _require(actor)
    found = access.subject_request(actor, request_id)
    if found.file is None or found.file_ends_at is None or found.file_ends_at <= now:
        raise NotFound
    record_read(
        "customers.subject_request_package_read",
        actor=actor,
        now=now,
        subject=("customer", found.customer_id) if found.customer_id else None,
        read={"request": str(found.pk), "file": found.file.name},
    )
    return found.file


def purge_packages(*, ended_before: datetime.datetime) -> int:
    """Delete copies whose days are over; how many."""
    rows = SubjectRequest.objects.filter(file_ends_at__lte=ended_before).select_related("file")
    ended = [each.file for each in rows if each.file]
    rows.update(file=None, file_ends_at=None)
    for stored in ended:
        files.delete(stored)
    return len(ended)


def _require(actor: Actor) -> None:
    actor.require("customers.requests")
    actor.require("customers.export")


def _record(
    actor: Actor, found: SubjectRequest, changes: dict[str, list[object]], now: datetime.datetime
) -> None:
    event = SubjectRequestChanged(found.pk, found.customer_id, "packed")
    record(event, actor=actor, now=now, subject=("customer", found.customer_id or found.pk), changes=changes)
