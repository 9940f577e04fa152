"""The steps of an import as jobs do them: check, apply, undo."""

from __future__ import annotations

import contextlib
import io
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from zhiyin.accounts.models import Tenant
from zhiyin.imports import access
from zhiyin.imports.choices import ImportState
from zhiyin.imports.currencies import foreign_signs
from zhiyin.imports.errors import NotReady, Unreadable
from zhiyin.imports.events import ImportApplied, ImportUndone
from zhiyin.imports.kinds import Outcome, kinds
from zhiyin.imports.landing import Landing
from zhiyin.imports.matching import Matching
from zhiyin.imports.messages import Message
from zhiyin.imports.models import Import
from zhiyin.imports.reading import FileError, Options, open_file
from zhiyin.imports.workspace import Frame, Workspace
from zhiyin.platform import files, jobs
from zhiyin.platform.models import StoredFile
from zhiyin.platform.record import record

Result = dict[str, Any]
LARGE = 48 * 2**20
"""Bytes of a file from which on its rows are worked on in a file, not in memory."""


def check(run: jobs.JobRun) -> Result:
    """Dry run: everything but the writing; says what would happen."""
    _check_mine(run)
    with _failing(run), _worked(run) as (batch, work, outcome):
        with run.scope():
            effect = work.kind.compare(work, _landing(run, batch, work))
            # what was landed to compare goes with the transaction; nothing else was written
        result = _result(work, outcome, effect)
        with run.scope():
            _check_mine(run)
            refused = _keep_refused(run, batch, work)
            _settle(batch, ImportState.CHECKED, result=result, refused_file=refused)
    return result


def apply(run: jobs.JobRun) -> Result:
    """Import the file. All that it writes becomes visible at once, or not at all."""
    if done := _finished(_check_mine(run), ImportState.APPLIED):
        return done
    with _failing(run), _worked(run) as (batch, work, outcome), run.scope():
        _one_at_a_time(run)
        _check_mine(run)
        batch.refresh_from_db()
        effect = work.kind.apply(work, _landing(run, batch, work))
        result = _result(work, outcome, effect) | {"seconds": round(time.monotonic() - work.began, 2)}
        refused = _keep_refused(run, batch, work)
        _settle(batch, ImportState.APPLIED, result=result, refused_file=refused, applied_at=run.now)
        if set(kinds()[batch.kind].secret) & batch.mapping.keys():
            _drop_file(run, batch)
        record(
            ImportApplied(batch.id, batch.kind, effect),
            actor=run.actor,
            now=run.now,
            subject=("import", batch.id),
            changes={key: [None, count] for key, count in effect.items()},
        )
    return result


def undo(run: jobs.JobRun) -> Result:
    """Take an import back, in one transaction."""
    if done := _finished(_check_mine(run), ImportState.UNDONE):
        return done
    with _failing(run), run.scope():
        _one_at_a_time(run)
        batch = _check_mine(run)
        run.progress(0, None, _("Taking back"))
        landing = Landing(run.actor, batch.id, _frame(run, batch))
        landing.prepare()
        effect = kinds()[batch.kind].undo(landing)
        result: Result = {**batch.result, "undone": effect}
        _settle(batch, ImportState.UNDONE, result=result, undone_at=run.now)
        batch.changes.all().delete()
        record(
            ImportUndone(batch.id, batch.kind, effect),
            actor=run.actor,
            now=run.now,
            subject=("import", batch.id),
            changes={key: [None, count] for key, count in effect.items()},
        )
    return result


@contextlib.contextmanager
def _worked(run: jobs.JobRun) -> Iterator[tuple[Import, Workspace, Outcome]]:
    """The file read, typed and prepared, outside any transaction."""
    began = time.monotonic()
    with run.scope():
        batch = Import.objects.select_related("file").get(pk=uuid.UUID(run.arguments["import_id"]))
        frame = _frame(run, batch)
        path_of = files.local_path(batch.file)
        path = path_of.__enter__()
        kind = access.kind_of(run.actor, batch)
    with contextlib.ExitStack() as stack:
        stack.push(path_of.__exit__)
        large = batch.file.size > LARGE
        work = stack.enter_context(
            Workspace(kind, batch.mapping, frame, forced=batch.date_formats, on_disk=large)
        )
        work.began = began
        source = open_file(Path(path), Options(**batch.options))
        work.load(
            source, progress=lambda rows: run.progress(rows, source.rows and 2 * source.rows, _("Reading"))
        )
        run.progress(work.rows, 2 * work.rows, _("Recognising values"))
        work.decide()
        work.warnings += foreign_signs(work, work.mapping).values()
        work.type_rows()
        if kind.refers or run.actor.scope != "all":
            with run.scope():
                kind.refuse_beyond(work, _landing(run, batch, work))
        run.progress(work.rows, 2 * work.rows, _("Comparing rows"))
        yield batch, work, kind.prepare(work)


def _frame(run: jobs.JobRun, batch: Import) -> Frame:
    tenant = Tenant.objects.get(pk=run.tenant_id)
    return Frame(tenant.time_zone, tenant.currency, run.now, batch.source, Matching.load(batch.matching))


def _landing(run: jobs.JobRun, batch: Import, work: Workspace) -> Landing:
    total, written = 2 * work.rows, 0

    def progress(rows: int) -> None:
        nonlocal written
        written += rows
        run.progress(work.rows + written, total, _("Writing"))

    landing = Landing(run.actor, batch.id, work.frame, progress)
    landing.prepare()
    return landing


def _one_at_a_time(run: jobs.JobRun) -> None:
    """Imports of one company follow each other, so that each sees what the one before wrote."""
    while not _locked(turn(run.tenant_id)):
        run.progress(run.done, run.total, _("Waiting for another import of the company"))
        time.sleep(0.3)


def turn(tenant_id: uuid.UUID) -> int:
    """The advisory lock that the company's one import at a time holds."""
    return int.from_bytes(tenant_id.bytes[8:], "big", signed=True) ^ 0x696D706F7274


def _locked(key: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [key])
        return bool(cursor.fetchone()[0])


def _result(work: Workspace, outcome: Outcome, effect: dict[str, int]) -> Result:
    work.wait()
    return {
        "rows": work.rows,
        "blank": work.blank,
        "refused": work.refused,
        "counts": outcome.counts,
        "totals": outcome.totals,
        "effect": effect,
        "formats": {name: decision.to_json() for name, decision in work.decisions.items()},
        "messages": [message.to_json() for message in [*work.warnings, *outcome.messages]],
        "refusals": [[message.to_json(), count] for message, count in work.refusals],
    }


def _keep_refused(run: jobs.JobRun, batch: Import, work: Workspace) -> StoredFile | None:
    """Store the file of refused rows, instead of that of an earlier run."""
    if old := batch.refused_file:
        batch.refused_file = None
        batch.save(update_fields=["refused_file"])
        files.delete(old)
    if not work.refused:
        return None
    with tempfile.TemporaryDirectory(prefix="zhiyin-import-") as folder:
        path = Path(folder) / "refused.csv"
        work.write_refused(path)
        stem = batch.file.name.rsplit(".", 1)[0]
        with path.open("rb") as stream:
            return files.save(
                stream,
                name=f"{stem}-{_('refused')}.csv",
                actor=run.actor,
                now=run.now,
                content_type="text/csv",
            )


def _drop_file(run: jobs.JobRun, batch: Import) -> None:
    """What was to be encrypted does not stay in the file that brought it."""
    former = batch.file
    told = _("This file held sensitive values and was removed once it was imported.")
    batch.file = files.save(
        io.BytesIO(told.encode()),
        name=f"{former.name}.txt",
        actor=run.actor,
        now=run.now,
        content_type="text/plain",
    )
    # the first rows were shown while its columns were being chosen
    batch.recognised = {**batch.recognised, "rows": []}
    batch.save(update_fields=["file", "recognised"])
    files.delete(former)


def _settle(batch: Import, state: ImportState, **values: Any) -> None:
    batch.state, batch.error = state, None
    for key, value in values.items():
        setattr(batch, key, value)
    batch.save(update_fields=["state", "error", *values])


def _check_mine(run: jobs.JobRun) -> Import:
    """The import, locked, if this is its last step: an earlier one that is run again must not undo the later.

    Raises ``NotReady``, also when the file was removed, and ``PermissionDenied`` who may not change these records
    any more.
    """
    with run.scope():
        batch = _mine(run).select_for_update().first()
    if batch is None:
        raise NotReady
    run.actor.require(kinds()[batch.kind].permission)
    return batch


def _mine(run: jobs.JobRun) -> QuerySet[Import]:
    return Import.objects.filter(pk=uuid.UUID(run.arguments["import_id"]), job_id=run.id)


def _finished(batch: Import, state: ImportState) -> Result | None:
    """The result, when the work was committed and the worker died before it could say so."""
    return dict(batch.result) if batch.state == state else None


@contextlib.contextmanager
def _failing(run: jobs.JobRun) -> Iterator[None]:
    """Leave the import in a state that says what happened; nothing else stays."""
    try:
        yield
    except FileError as error:
        _fail(run, ImportState.FAILED, error.message)
        raise Unreadable(error) from error
    except jobs.JobInterrupted:
        raise
    except jobs.JobCancelled:
        _fail(run, ImportState.CANCELLED, None)
        raise
    except Exception:
        _fail(run, ImportState.FAILED, None)
        raise


def _fail(run: jobs.JobRun, state: ImportState, message: Message | None) -> None:
    before = run.arguments.get("before")
    if before == ImportState.APPLIED:
        state = ImportState.APPLIED
    with run.scope():
        _mine(run).update(state=state, error=message.to_json() if message else None)
