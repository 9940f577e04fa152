"""Kinds of file that can be imported. Each domain app registers its own in ``importers.py``."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext

from zhiyin.imports.messages import Message
from zhiyin.platform import permissions
from zhiyin.platform.errors import Invalid

if TYPE_CHECKING:
    from zhiyin.imports.landing import Landing
    from zhiyin.imports.workspace import Workspace
    from zhiyin.platform.actors import Actor


class FieldType(enum.StrEnum):
    TEXT = "text"
    CODE = "code"
    DATE = "date"
    QUANTITY = "quantity"
    AMOUNT = "amount"
    EMAIL = "email"
    PHONE = "phone"
    CURRENCY = "currency"


NUMBERS = frozenset({FieldType.QUANTITY, FieldType.AMOUNT})


@dataclass(frozen=True)
class Field:
    """One thing that a row of this kind can say.

    ``label`` is an English source sentence (``gettext_noop``); ``synonyms`` are names that columns are known by,
    and nothing else is when it is only ``by_name``.
    """

    name: str
    label: str
    type: FieldType = FieldType.TEXT
    synonyms: tuple[str, ...] = ()
    required: bool = False
    length: int = 200
    by_name: bool = False

    @property
    def title(self) -> str:
        """The label in the active language."""
        return gettext(self.label)


@dataclass(frozen=True)
class Check:
    """A condition in DuckDB SQL over the typed rows. Rows that meet it are refused, or only counted.

    ``confirm`` is a further condition, too slow to ask of every row.
    """

    condition: str
    message: Message
    refuse: bool = True
    confirm: str = ""

    @property
    def whole(self) -> str:
        return f"({self.condition}) AND ({self.confirm})" if self.confirm else self.condition


@dataclass
class Outcome:
    """What an import did, or would do: named counts, totals of the file, and sentences to be read."""

    counts: dict[str, int] = field(default_factory=dict)
    totals: dict[str, Any] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)


class Kind(ABC):
    """One kind of file. Subclasses hold the set-based SQL; the flow around it is the same for all."""

    name: ClassVar[str]
    label: ClassVar[str | Promise]
    permission: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Groups of fields of which at least one must have a column."""
    matched_by: ClassVar[tuple[str, ...]] = ()
    """Fields beside its code in which a row may agree with a record that is there; see ``matching``."""
    secret: ClassVar[tuple[str, ...]] = ()
    """Fields of which no plain copy is to be kept: the file goes once its rows are in."""
    references: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """By field, the kind of file that lists what it refers to, and that one's field for it; the first are needed first."""
    refers: ClassVar[bool] = False
    """Whether `refuse_beyond` is asked for every actor, not only for one who does not reach all records."""

    def seen_by(self, actor: Actor, planned: Sequence[Mapping[str, str]] = ()) -> Kind:  # noqa: ARG002
        """This kind with the fields, beyond the program's own, that this actor may fill in or is about to make."""
        return self

    def new_types(self, actor: Actor) -> list[tuple[str, str | Promise]]:  # noqa: ARG002
        """The types, with their names, that fields made of unknown columns can have; none where there are no such."""
        return []

    def guess_type(self, values: Sequence[str], rows: int) -> str:  # noqa: ARG002
        """The likely one of ``new_types`` of a column, by its different ``values`` among ``rows``."""
        return ""

    def plan(self, actor: Actor, wanted: Mapping[str, str]) -> list[dict[str, str]]:  # noqa: ARG002
        """Fields to be made of columns, by their types: ``name``, ``column``, ``label``, ``type``. Raises ``Invalid``."""
        if wanted:
            raise Invalid(field="new_fields")
        return []

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)

    def missing(self, mapped: Sequence[str]) -> Iterator[tuple[Field, ...]]:
        """The fields, or groups of fields, that still lack a column."""
        for f in self.fields:
            if f.required and f.name not in mapped:
                yield (f,)
        for group in self.one_of:
            if not set(group) & set(mapped):
                yield tuple(self.field(name) for name in group)

    @abstractmethod
    def checks(self, work: Workspace) -> list[Check]:
        """What refuses a typed row, or is worth a warning."""

    def refuse_beyond(self, work: Workspace, landing: Landing) -> None:  # noqa: B027
        """Refuse the rows about records outside the actor's scope, or that are not there."""

    @abstractmethod
    def prepare(self, work: Workspace) -> Outcome:
        """Make the tables to be landed from the typed rows, in DuckDB; say what is in the file."""

    @abstractmethod
    def compare(self, work: Workspace, landing: Landing) -> dict[str, int]:
        """Count what would be new and what is there already. Writes nothing that stays."""

    @abstractmethod
    def apply(self, work: Workspace, landing: Landing) -> dict[str, int]:
        """Write it, inside the caller's transaction; counts of what was written."""

    @abstractmethod
    def undo(self, landing: Landing) -> dict[str, int]:
        """Take it back, inside the caller's transaction; counts of what was deleted, restored and kept."""


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known; called when the domain app loads."""
    _kinds[kind.name] = kind
    permissions.needs_one("imports.run", kind.permission)


def kinds() -> dict[str, Kind]:
    """All kinds by name."""
    return dict(_kinds)
