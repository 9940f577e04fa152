"""Operations on imports: upload, choose columns, check, apply, undo."""

import uuid
from typing import Any

from django.http import FileResponse
from ninja import File, Form
from ninja.files import UploadedFile

from zhiyin.api.http import PageOut, Request, Routes, now
from zhiyin.api.imports.schemas import (
    ChoiceIn,
    ImportOut,
    KindOut,
    ProfileChoiceIn,
    ProfileIn,
    ProfileOut,
    UploadIn,
)
from zhiyin.api.jobs.schemas import JobOut
from zhiyin.imports import access, actions, queries
from zhiyin.imports.models import Import, ImportProfile
from zhiyin.platform import files, jobs
from zhiyin.platform.errors import NotFound

routes = Routes("imports")


@routes.get("/imports/kinds/", permission="imports.run", response=list[KindOut])
def list_import_kinds(request: Request) -> list[dict[str, Any]]:
    """The kinds of file that one may import, with their fields."""
    return [{"name": kind.name, "fields": list(kind.fields)} for kind in access.kinds_for(request.actor)]


@routes.get("/imports/", permission="imports.run", response=PageOut[ImportOut])
def list_imports(request: Request, after: str = "", limit: int = 50) -> dict[str, Any]:
    """Imports, newest first."""
    page = queries.imports(request.actor, after=after, limit=limit)
    return {"items": [_out(batch) for batch in page.rows], "next": page.next, "previous": page.previous}


@routes.post("/imports/", permission="imports.run", response=ImportOut, status=201)
def upload_import(request: Request, file: File[UploadedFile], how: Form[UploadIn]) -> dict[str, Any]:
    """Upload a file. Its columns are recognised, and so is its kind when none is given, unless by a profile."""
    batch = actions.upload_file(
        actor=request.actor,
        stream=file,
        name=file.name or "file",
        kind=how.kind,
        options=how.dict(exclude={"kind", "profile"}, exclude_none=True),
        profile_id=how.profile,
        now=now(),
    )
    return _out(batch)


@routes.get("/imports/{uuid:import_id}/", permission="imports.run", response=ImportOut)
def get_import(request: Request, import_id: uuid.UUID) -> dict[str, Any]:
    """One import; its result once a step has ended."""
    return _out(access.get_import(request.actor, import_id))


@routes.patch("/imports/{uuid:import_id}/", permission="imports.run", response=ImportOut)
def change_import(request: Request, import_id: uuid.UUID, body: ChoiceIn) -> dict[str, Any]:
    """Choose kind, columns, date formats, or how the file is opened."""
    chosen = body.dict(exclude_unset=True)
    return _out(actions.choose_columns(actor=request.actor, import_id=import_id, now=now(), **chosen))


@routes.delete("/imports/{uuid:import_id}/", permission="imports.run")
def discard_import(request: Request, import_id: uuid.UUID) -> None:
    """Forget a file that was not imported, or whose import was undone."""
    actions.discard_import(actor=request.actor, import_id=import_id, now=now())


@routes.post("/imports/{uuid:import_id}/use-profile/", permission="imports.run", response=ImportOut)
def use_import_profile(request: Request, import_id: uuid.UUID, body: ProfileChoiceIn) -> dict[str, Any]:
    """Read the file as a saved profile says."""
    batch = actions.use_profile(actor=request.actor, import_id=import_id, profile_id=body.profile, now=now())
    return _out(batch)


@routes.post("/imports/{uuid:import_id}/check/", permission="imports.run", response=JobOut, status=202)
def check_import(request: Request, import_id: uuid.UUID) -> jobs.Job:
    """Dry run, as a job: what would happen; nothing is written."""
    return actions.start(actor=request.actor, import_id=import_id, step="check", now=now())


@routes.post("/imports/{uuid:import_id}/apply/", permission="imports.run", response=JobOut, status=202)
def apply_import(request: Request, import_id: uuid.UUID) -> jobs.Job:
    """Import the file, as a job: all rows that are well, or none."""
    return actions.start(actor=request.actor, import_id=import_id, step="apply", now=now())


@routes.post("/imports/{uuid:import_id}/undo/", permission="imports.run", response=JobOut, status=202)
def undo_import(request: Request, import_id: uuid.UUID) -> jobs.Job:
    """Take an import back, as a job."""
    return actions.start(actor=request.actor, import_id=import_id, step="undo", now=now())


@routes.get("/imports/{uuid:import_id}/refused/", permission="imports.run", response=str)
def get_refused_rows(request: Request, import_id: uuid.UUID) -> FileResponse:
    """The refused rows with their reasons, as CSV."""
    batch = access.get_import(request.actor, import_id)
    if batch.refused_file is None:
        raise NotFound
    return files.download(batch.refused_file)


@routes.get("/import-profiles/", permission="imports.run", response=list[ProfileOut])
def list_import_profiles(request: Request) -> list[ImportProfile]:
    """Saved ways of reading files."""
    return list(queries.profiles(request.actor))


@routes.post("/imports/{uuid:import_id}/profile/", permission="imports.run", response=ProfileOut, status=201)
def save_import_profile(request: Request, import_id: uuid.UUID, body: ProfileIn) -> ImportProfile:
    """Keep how this file is read under a name; the same name is overwritten."""
    return actions.save_profile(actor=request.actor, import_id=import_id, name=body.name, now=now())


@routes.delete("/import-profiles/{uuid:profile_id}/", permission="imports.run")
def delete_import_profile(request: Request, profile_id: uuid.UUID) -> None:
    """Forget a profile."""
    actions.delete_profile(actor=request.actor, profile_id=profile_id, now=now())


def _out(batch: Import) -> dict[str, Any]:
    report = queries.report(batch)
    same = {
        name: getattr(batch, name)
        for name in (
            "id", "kind", "state", "mapping", "date_formats", "options", "source", "matching", "result",
            "job_id", "created_by_name", "created_at", "applied_at", "undone_at",
        )
    }  # fmt: skip
    return same | {
        "file_name": batch.file.name,
        "file_size": batch.file.size,
        "columns": batch.recognised.get("columns", []),
        "unknown": batch.recognised.get("unknown", {}),
        "new_fields": {each["column"]: each["type"] for each in batch.new_fields},
        "messages": [str(message) for message in report.messages] if report else [],
        "refusals": [str(message) for message, _count in report.refusals] if report else [],
        "problem": str(batch.problem or ""),
        "has_refused_file": batch.refused_file_id is not None,
    }
