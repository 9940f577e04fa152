"""A first look into a file: how it is written, its first rows, and what its columns seem to say."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zhiyin.imports import formats, systems
from zhiyin.imports.currencies import foreign_signs
from zhiyin.imports.formats import Decision
from zhiyin.imports.kinds import NUMBERS, FieldType, Kind
from zhiyin.imports.messages import Message, gettext_noop
from zhiyin.imports.reading import ROW, FileError, Options, open_file
from zhiyin.imports.recognise import Guess, likeliest_kind, recognise, recognise_fields

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace


@dataclass(frozen=True)
class Preview:
    """What a person is shown before the columns are chosen. Formats are those of the first rows only.

    ``unknown`` tells of the other columns which type of field each looks like.
    """

    format: str
    kind: str
    columns: tuple[str, ...]
    rows: list[dict[str, str]]
    guesses: dict[str, Guess]
    decisions: dict[str, Decision] = field(default_factory=dict)
    warnings: dict[str, Message] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    encoding: str = ""
    delimiter: str = ""
    export: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()

    @property
    def cells(self) -> list[list[str]]:
        """The first rows in the order of the columns, which rows kept as JSON forget."""
        return [[row.get(column, "") for column in self.columns] for row in self.rows]

    def to_json(self) -> dict[str, Any]:
        plain = {
            key: getattr(self, key)
            for key in ("format", "kind", "rows", "encoding", "delimiter", "export", "sheet")
        }
        return plain | {
            "columns": list(self.columns),
            "sheets": list(self.sheets),
            "guesses": {
                key: {"column": g.column, "confidence": g.confidence, "reason": g.reason.to_json()}
                for key, g in self.guesses.items()
            },
            "decisions": {key: decision.to_json() for key, decision in self.decisions.items()},
            "warnings": {key: warning.to_json() for key, warning in self.warnings.items()},
            "unknown": self.unknown,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Preview:
        guesses = {
            key: Guess(key, g["column"], g["confidence"], Message.from_json(g["reason"]))
            for key, g in data["guesses"].items()
        }
        decisions = {key: Decision.from_json(d) for key, d in data["decisions"].items()}
        warnings = {key: Message.from_json(w) for key, w in data.get("warnings", {}).items()}
        plain = {key: data[key] for key in ("format", "kind", "rows", "encoding", "delimiter", "sheet")}
        plain["export"] = data.get("export", "")
        return cls(
            **plain,
            columns=tuple(data["columns"]),
            sheets=tuple(data["sheets"]),
            guesses=guesses,
            decisions=decisions,
            warnings=warnings,
            unknown=data.get("unknown", {}),
        )


def look(
    path: Path, options: Options, kind: Kind | None, kinds: Sequence[Kind], *, currency: str = ""
) -> Preview:
    """Read the first rows of a file and guess. ``currency`` is the company's. Raises ``FileError``."""
    from zhiyin.imports.workspace import SAMPLE_ROWS, Frame, Workspace

    source = open_file(path, options)
    frame = Frame("UTC", currency, datetime.datetime.now(datetime.UTC))
    with Workspace(kinds[0], {}, frame) as work:
        work.load(source, most=SAMPLE_ROWS)
        samples = work.samples()
        export = systems.whose(samples, [kind.name] if kind else [each.name for each in kinds])
        if export:
            kind = next(each for each in (kind, *kinds) if each and each.name == export.kind)
        kind = kind or likeliest_kind(kinds, samples)
        if kind is None:
            raise FileError(
                "columns",
                gettext_noop("The columns cannot be guessed: {columns}. Say what kind of file it is."),
                columns=", ".join(source.columns[:20]),
            )
        work.kind = kind
        guesses = _of_export(kind, export, samples) if export else recognise(kind, samples)
        decisions = {key: d for key, g in guesses.items() if (d := _decision(work, kind, g))}
        known = {guess.column for guess in guesses.values()}
        return Preview(
            unknown={
                column: kind.guess_type(values, work.rows)
                for column, values in samples.items()
                if column not in known
            },
            format=source.format,
            kind=kind.name,
            columns=source.columns,
            rows=[{key: value[:200] for key, value in row.items() if key != ROW} for row in work.head(5)],
            guesses=guesses,
            decisions=decisions,
            warnings=foreign_signs(work, {key: guess.column for key, guess in guesses.items()}),
            encoding=source.encoding,
            delimiter=source.delimiter,
            export=export.name if export else "",
            sheet=source.sheet,
            sheets=source.sheets,
        )


def _of_export(kind: Kind, export: systems.Export, samples: Mapping[str, Sequence[str]]) -> dict[str, Guess]:
    """What the columns of another system's export say, and those of the company's own that it has beside them."""
    found = systems.guesses(export, samples)
    used = {guess.column for guess in found.values()}
    others = {column: values for column, values in samples.items() if column not in used}
    return found | recognise_fields([each for each in kind.fields if each.by_name], others)


def _decision(work: Workspace, kind: Kind, guess: Guess) -> Decision | None:
    """How dates and amounts are written, as far as the first rows tell."""
    from zhiyin.imports.workspace import name

    column, type_ = name(guess.column), kind.field(guess.field).type
    if work.stored_as(guess.column) != "VARCHAR":
        return None
    if type_ is FieldType.DATE:
        return formats.decide_dates(work.con, "raw", column, now=work.frame.now.isoformat())
    return formats.decide_numbers(work.con, "raw", column) if type_ in NUMBERS else None
