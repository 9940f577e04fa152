import uuid
from dataclasses import dataclass
from typing import Any, ClassVar

from zhiyin.platform.outbox import Event


@dataclass(frozen=True)
class FileUploaded(Event):
    name: ClassVar = "imports.file_uploaded"
    import_id: uuid.UUID
    kind: str


@dataclass(frozen=True)
class ColumnsChosen(Event):
    name: ClassVar = "imports.columns_chosen"
    import_id: uuid.UUID


@dataclass(frozen=True)
class ImportStarted(Event):
    """``step`` is check, apply or undo."""

    name: ClassVar = "imports.import_started"
    import_id: uuid.UUID
    step: str


@dataclass(frozen=True)
class ImportApplied(Event):
    """``effect`` counts what was created and changed; one event stands for all rows."""

    name: ClassVar = "imports.import_applied"
    import_id: uuid.UUID
    kind: str
    effect: dict[str, Any]


@dataclass(frozen=True)
class ImportUndone(Event):
    name: ClassVar = "imports.import_undone"
    import_id: uuid.UUID
    kind: str
    effect: dict[str, Any]


@dataclass(frozen=True)
class ImportDiscarded(Event):
    name: ClassVar = "imports.import_discarded"
    import_id: uuid.UUID


@dataclass(frozen=True)
class ProfileSaved(Event):
    name: ClassVar = "imports.profile_saved"
    profile_id: uuid.UUID


@dataclass(frozen=True)
class ProfileDeleted(Event):
    name: ClassVar = "imports.profile_deleted"
    profile_id: uuid.UUID
