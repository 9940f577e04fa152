"""From a file to an applied import: each step leaves the next one to a person, or to a script."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Literal

from django.db.models.functions import Coalesce
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Tenant
from zhiyin.imports import access, formats
from zhiyin.imports.choices import ImportState
from zhiyin.imports.errors import FileExpired, NotReady, Unreadable
from zhiyin.imports.events import (
    ColumnsChosen,
    FileUploaded,
    ImportDiscarded,
    ImportStarted,
    ProfileDeleted,
    ProfileSaved,
)
from zhiyin.imports.kinds import FieldType, Kind, kinds
from zhiyin.imports.matching import Matching
from zhiyin.imports.models import Import, ImportChange, ImportProfile
from zhiyin.imports.preview import Preview, look
from zhiyin.imports.reading import FileError, Options
from zhiyin.platform import files, jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.events import FilesExpired
from zhiyin.platform.models import StoredFile
from zhiyin.platform.record import record

Step = Literal["check", "apply", "undo"]
_BEGINS = {"check": ImportState.CHECKING, "apply": ImportState.APPLYING, "undo": ImportState.UNDOING}
_TITLES = {"check": _("Check {file}"), "apply": _("Import {file}"), "undo": _("Undo the import of {file}")}


def kind_named(actor: Actor, name: str) -> Kind:
    """A kind that this actor may import. Raises ``Invalid`` or ``PermissionDenied``."""
    actor.require("imports.run")
    kind = kinds().get(name)
    if kind is None:
        raise Invalid(_("There is no such kind of file."), field="kind")
    actor.require(kind.permission)
    return kind


def upload_file(
    *,
    actor: Actor,
    stream: IO[bytes],
    name: str,
    kind: str = "",
    options: Mapping[str, Any] | None = None,
    profile_id: uuid.UUID | None = None,
    now: datetime.datetime,
) -> Import:
    """Keep a file and recognise its columns, or read it as a profile says; ``options`` go before the profile's.

    Without ``kind`` and profile the likeliest kind is taken. Raises ``Unreadable``, ``Invalid`` or ``TooLarge``, and
    then keeps nothing.
    """
    actor.require("imports.run")
    profile = access.get_profile(actor, profile_id) if profile_id else None
    batch = Import(created_by=actor.member_id, created_by_name=actor.name, created_at=now)
    if named := profile.kind if profile else kind:
        batch.kind = kind_named(actor, named).name
    batch.options = _options({**(profile.options if profile else {}), **(options or {})})
    batch.file = files.save(stream, name=name, actor=actor, now=now)
    try:
        _recognise(actor, batch)
        if profile:
            _take(
                actor,
                batch,
                profile.mapping,
                profile.date_formats,
                source=profile.source,
                matching=profile.matching,
            )
    except BaseException:
        files.forget(batch.file)
        raise
    batch.save()
    record(FileUploaded(batch.id, batch.kind), actor=actor, now=now, subject=("import", batch.id))
    return batch


def choose_columns(
    *,
    actor: Actor,
    import_id: uuid.UUID,
    kind: str | None = None,
    mapping: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    date_formats: Mapping[str, str] | None = None,
    source: str | None = None,
    matching: Mapping[str, Any] | None = None,
    new_fields: Mapping[str, str] | None = None,
    now: datetime.datetime,
) -> Import:
    """Say how the file is to be read. A new kind or new options recognise the columns anew.

    ``new_fields`` gives columns the type of a new field each, which the import then makes.
    """
    batch = _idle(actor, import_id)
    again = (kind is not None and kind != batch.kind) or (options is not None and options != batch.options)
    if kind is not None:
        batch.kind = kind_named(actor, kind).name
    if options is not None:
        batch.options = _options(options)
    if again:
        _recognise(actor, batch)
        batch.matching = {}
    mapping = _plan(actor, batch, batch.mapping if mapping is None else mapping, new_fields)
    _take(actor, batch, mapping, date_formats, source=source, matching=matching)
    batch.mapping = {**batch.mapping, **{each["name"]: each["column"] for each in batch.new_fields}}
    batch.state, batch.result, batch.error = ImportState.DRAFT, {}, None
    batch.save()
    record(ColumnsChosen(batch.id), actor=actor, now=now, subject=("import", batch.id))
    return batch


def _plan(
    actor: Actor, batch: Import, mapping: Mapping[str, str], wanted: Mapping[str, str] | None
) -> Mapping[str, str]:
    """Say which columns become new fields, of those that ``mapping`` leaves; the mapping without them."""
    planned = {each["name"] for each in batch.new_fields}
    others = {name: column for name, column in mapping.items() if name not in planned}
    if wanted is not None:
        columns = batch.recognised.get("columns", ())
        if unknown := next((column for column in wanted if column not in columns), None):
            raise Invalid(format_lazy(_("The file has no column “{name}”."), name=unknown), field=unknown)
        batch.new_fields = kinds()[batch.kind].plan(actor, wanted)
    used = set(others.values())
    batch.new_fields = [each for each in batch.new_fields if each["column"] not in used]
    return others


def _take(
    actor: Actor,
    batch: Import,
    mapping: Mapping[str, str] | None,
    date_formats: Mapping[str, str] | None,
    *,
    source: str | None,
    matching: Mapping[str, Any] | None,
) -> None:
    if mapping is not None:
        batch.mapping = _mapping(actor, batch, mapping)
    if date_formats is not None:
        batch.date_formats = _date_formats(actor, batch, date_formats)
    if source is not None:
        batch.source = " ".join(source.split())[:64]
    if matching is not None:
        batch.matching = Matching.read(kinds()[batch.kind], matching).data()


def use_profile(
    *, actor: Actor, import_id: uuid.UUID, profile_id: uuid.UUID, now: datetime.datetime
) -> Import:
    """Read the file as a profile says. Raises ``Invalid`` when the file lacks one of its columns."""
    profile = access.get_profile(actor, profile_id)
    return choose_columns(
        actor=actor,
        import_id=import_id,
        kind=profile.kind,
        mapping=profile.mapping,
        options=profile.options,
        date_formats=profile.date_formats,
        source=profile.source,
        matching=profile.matching,
        now=now,
    )


def start(
    *, actor: Actor, import_id: uuid.UUID, step: Step, now: datetime.datetime, foreground: bool = False
) -> jobs.Job:
    """Begin the dry run, the import or its undoing, as a job. Raises ``NotReady`` and ``Invalid``."""
    batch = access.get_import(actor, import_id, lock=True)
    kind = kind_named(actor, batch.kind)
    _check_ready(batch, kind, step)
    title = str(format_lazy(_TITLES[step], file=batch.file.name))
    batch.job = jobs.start(
        actor=actor,
        kind=f"imports.{step}",
        title=title,
        arguments={"import_id": str(batch.id), "before": batch.state},
        now=now,
        foreground=foreground,
    )
    batch.state, batch.error = _BEGINS[step], None
    batch.save(update_fields=["job", "state", "error"])
    record(ImportStarted(batch.id, step), actor=actor, now=now, subject=("import", batch.id))
    return batch.job


def discard_imports(*, actor: Actor, import_ids: Sequence[uuid.UUID], now: datetime.datetime) -> None:
    """Forget several files, all or none. Raises ``NotReady`` and ``NotFound``."""
    actor.require("imports.run")
    for import_id in sorted(import_ids):
        discard_import(actor=actor, import_id=import_id, now=now)


def discard_import(*, actor: Actor, import_id: uuid.UUID, now: datetime.datetime) -> None:
    """Forget a file that was not imported, or whose import was undone."""
    batch = _idle(actor, import_id)
    stored: list[StoredFile] = [file for file in (batch.file, batch.refused_file) if file]
    batch.delete()
    for file in stored:
        files.delete(file)
    record(ImportDiscarded(import_id), actor=actor, now=now, subject=("import", import_id))


def expire_files(*, actor: Actor, settled_before: datetime.datetime, now: datetime.datetime) -> int:
    """Remove the files of imports settled before; those that were never done are discarded. How many files went."""
    actor.require("settings.manage")
    settled = Coalesce("undone_at", "applied_at", "created_at")
    rows = Import.objects.annotate(settled_at=settled).filter(
        settled_at__lt=settled_before, file__expired_at=None
    )
    idle = [each for each in rows.select_related("file", "refused_file", "job") if not each.is_busy]
    for batch in idle:
        if batch.applied_at is None:
            discard_import(actor=actor, import_id=batch.pk, now=now)
        else:
            _expire(batch, now)
    if idle:
        record(FilesExpired("upload", len(idle)), actor=actor, now=now, changes={"files": [None, len(idle)]})
    return len(idle)


def _expire(batch: Import, now: datetime.datetime) -> None:
    """Without its files, and the first rows that were shown of them."""
    files.expire(batch.file, now=now)
    refused, batch.refused_file = batch.refused_file, None
    batch.recognised = {**batch.recognised, "rows": []}
    batch.save(update_fields=["refused_file", "recognised"])
    if refused:
        files.delete(refused)


def forget_changes(subject_ids: Sequence[uuid.UUID]) -> int:
    """Let no undo put back what imports changed of some records; how many changes."""
    return ImportChange.objects.filter(subject_id__in=subject_ids).delete()[0]


def save_profile(*, actor: Actor, import_id: uuid.UUID, name: str, now: datetime.datetime) -> ImportProfile:
    """Keep how this import's file is read, under a name; the same name is overwritten."""
    batch = access.get_import(actor, import_id)
    name = " ".join(name.split())
    if not name or len(name) > 100:
        raise Invalid(_("Give the profile a name of at most 100 characters."), field="name")
    profile, _created = ImportProfile.objects.update_or_create(
        kind=batch.kind,
        name=name,
        defaults={
            "mapping": batch.mapping,
            "options": batch.options,
            "date_formats": batch.date_formats,
            "source": batch.source,
            "matching": batch.matching,
        },
        create_defaults={
            "mapping": batch.mapping,
            "options": batch.options,
            "date_formats": batch.date_formats,
            "source": batch.source,
            "matching": batch.matching,
            "created_at": now,
        },
    )
    record(ProfileSaved(profile.id), actor=actor, now=now, subject=("import_profile", profile.id))
    return profile


def delete_profile(*, actor: Actor, profile_id: uuid.UUID, now: datetime.datetime) -> None:
    """Forget a profile; imports made with it stay as they are."""
    profile = access.get_profile(actor, profile_id)
    profile.delete()
    record(ProfileDeleted(profile_id), actor=actor, now=now, subject=("import_profile", profile_id))


def file_preview(batch: Import) -> Preview:
    """What was seen in the file when it was uploaded."""
    return Preview.from_json(batch.recognised)


def _idle(actor: Actor, import_id: uuid.UUID) -> Import:
    batch = access.get_import(actor, import_id, lock=True)
    if not batch.can_be_discarded:
        raise NotReady
    return batch


def _check_ready(batch: Import, kind: Kind, step: Step) -> None:
    if batch.is_busy:
        raise NotReady
    if (step == "undo") != (batch.state in (ImportState.APPLIED, ImportState.UNDOING)):
        raise NotReady
    if step != "undo" and batch.file.expired_at:
        raise FileExpired
    if step != "undo" and (missing := list(kind.missing(list(batch.mapping)))):
        names = " / ".join(f.title for f in missing[0])
        raise Invalid(
            format_lazy(_("Choose the column for: {names}."), names=names), field=missing[0][0].name
        )


def _recognise(actor: Actor, batch: Import) -> None:
    allowed = access.kinds_for(actor)
    try:
        with files.local_path(batch.file) as path:
            currency = Tenant.objects.get(pk=actor.tenant_id).currency
            kind = next((each for each in allowed if each.name == batch.kind), None)
            seen = look(Path(path), Options(**batch.options), kind, allowed, currency=currency)
    except FileError as error:
        raise Unreadable(error) from error
    batch.kind = seen.kind
    batch.recognised = seen.to_json()
    batch.mapping = {name: guess.column for name, guess in seen.guesses.items()}
    batch.date_formats, batch.new_fields = {}, []


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    known = {
        key: value
        for key, value in options.items()
        if key in Options.__dataclass_fields__ and value not in (None, "")
    }
    if mark := known.get("delimiter"):
        known["delimiter"] = mark = "\t" if mark == "\\t" else mark
        if len(mark) > MOST_DELIMITER or set(mark) & set("\r\n\"'"):
            raise Invalid(
                format_lazy(
                    _("A delimiter is 1 to {most} characters, no quotation mark or line break among them."),
                    most=MOST_DELIMITER,
                ),
                field="delimiter",
            )
    if (encoding := known.get("encoding")) and encoding not in ENCODINGS:
        raise Invalid(_("There is no such encoding."), field="encoding")
    return known


MOST_DELIMITER = 5
ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be", "big5", "cp1252", "shift_jis")


def _mapping(actor: Actor, batch: Import, mapping: Mapping[str, str]) -> dict[str, str]:
    columns = set(batch.recognised.get("columns", ()))
    names = {f.name for f in access.kind_of(actor, batch).fields}
    chosen = {field: column for field, column in mapping.items() if column}
    for field, column in chosen.items():
        if field not in names:
            raise Invalid(format_lazy(_("There is no field {name}."), name=field), field=field)
        if column not in columns:
            raise Invalid(format_lazy(_("The file has no column “{name}”."), name=column), field=field)
    if len(set(chosen.values())) < len(chosen):
        twice = next(f for f, c in chosen.items() if list(chosen.values()).count(c) > 1)
        raise Invalid(_("One column cannot stand for two fields."), field=twice)
    return chosen


def _date_formats(actor: Actor, batch: Import, date_formats: Mapping[str, str]) -> dict[str, str]:
    dates = {f.name for f in access.kind_of(actor, batch).fields if f.type is FieldType.DATE}
    chosen = {field: name for field, name in date_formats.items() if name and field in dates}
    for field, name in chosen.items():
        if name not in formats.BY_NAME:
            raise Invalid(_("There is no such date format."), field=field)
    return chosen


def find_profile(actor: Actor, name: str, kind: str = "") -> ImportProfile:
    """A profile by its name, which each kind has but once. Raises ``NotFound`` or ``Invalid``."""
    actor.require("imports.run")
    rows = ImportProfile.objects.filter(name=name)
    found = list(rows.filter(kind=kind) if kind else rows)
    if not found:
        raise NotFound(_("There is no profile of this name."), field="profile")
    if len(found) > 1:
        raise Invalid(_("Several profiles have this name: say what kind of file it is."), field="kind")
    return found[0]
