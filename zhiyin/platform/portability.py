"""Everything that a company keeps about one person, packed for that person to read and to take elsewhere.

Every app registers what it has, an area for each kind of record, when it is ready; a test asks that none is forgotten.
The package is a ZIP: a page to read in each language, the same as JSON by area, and the files.
"""

import datetime
import json
import shutil
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import IO, Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.utils import formats, timezone, translation
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from zhiyin.platform import files
from zhiyin.platform.actors import Actor
from zhiyin.platform.models import StoredFile

Text = str | Promise
Row = Mapping[str, Any]
Ids = Sequence[uuid.UUID]
CHUNK = 1024 * 1024
_STYLE = SafeString(
    "body{font:15px/1.5 system-ui,'Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif;max-width:60rem;"
    "margin:2rem auto;padding:0 1rem;color:#1a1a1a}h2{margin-top:2.5rem}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #ddd;white-space:pre-line;"
    "overflow-wrap:anywhere}nav a{margin-right:1rem}.n{color:#666;font-weight:normal}"
    "@media print{nav{display:none}h2{break-after:avoid}}"
)


class Choice(str):
    """A stored choice, read in words; JSON has it as it is stored."""

    __slots__ = ("label",)
    label: Text

    def __new__(cls, value: str, label: Text) -> "Choice":
        made = super().__new__(cls, value)
        made.label = label
        return made


@dataclass(frozen=True, slots=True)
class Area:
    """One kind of record about a person. ``rows`` gives those of the given keys as far as the actor sees them.

    ``columns`` are the names and labels of what a reader sees of a row; JSON has whatever is in it. ``models`` are the
    tables that it tells of. ``withheld`` names what of it the actor may not have, ``permission`` what all of it needs.
    """

    code: str
    label: Text
    columns: Mapping[str, Text]
    rows: Callable[[Actor, Ids], Iterable[Row]]
    models: Sequence[type[Model]] = ()
    permission: str = ""
    withheld: Callable[[Actor], Sequence[Text]] = lambda _actor: ()
    files: Callable[[Actor, Ids], Iterable[StoredFile]] = lambda _actor, _ids: ()


@dataclass
class Packed:
    """What was written: rows by area, files, and what the actor may not have, in words."""

    areas: dict[str, int] = field(default_factory=dict)
    files: int = 0
    withheld: list[str] = field(default_factory=list)


_areas: dict[str, Area] = {}


def register(*some: Area) -> None:
    """Make areas known, in the order in which a reader finds them."""
    _areas.update({each.code: each for each in some})


def areas() -> list[Area]:
    return list(_areas.values())


def told(rows: Iterable[Model], columns: Iterable[str]) -> Iterator[dict[str, Any]]:
    """These columns of rows; ``author__name`` is the name of whom ``author`` refers to."""
    names = list(columns)
    for row in rows:
        yield {name: _value(row, name) for name in names}


def _value(row: Any, path: str) -> Any:
    *way, last = path.split("__")
    for name in way:
        row = getattr(row, name, None)
    value = getattr(row, last, None)
    return worded(row, last, value) if isinstance(row, Model) else value


def worded(row: Model | type[Model], name: str, value: Any) -> Any:
    """A value of one of a row's columns, with its label where it is a choice."""
    column = next((each for each in row._meta.concrete_fields if each.name == name), None)
    labels = dict(column.flatchoices) if column is not None and column.choices else {}
    return Choice(value, labels[value]) if value in labels else value


def write_package(
    stream: IO[bytes],
    *,
    actor: Actor,
    ids: Ids,
    company: str,
    person: str,
    now: datetime.datetime,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Packed:
    """Write what all areas have about the person of these keys, as far as ``actor`` may have it."""
    open_to = [each for each in areas() if not each.permission or actor.may(each.permission)]
    packed = Packed(withheld=[str(each.label) for each in areas() if each not in open_to])
    packed.withheld += [str(label) for each in open_to for label in each.withheld(actor)]
    steps = len(settings.LANGUAGES) + 1
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for step, (language, _name) in enumerate(settings.LANGUAGES):
            with translation.override(language):
                found = [(each, list(each.rows(actor, ids))) for each in open_to]
                page = _page(company, person, now, found)
            archive.writestr(f"{language}.html", page)
            progress(step + 1, steps)
        for area, rows in found:
            packed.areas[area.code] = len(rows)
            text = json.dumps(rows, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
            archive.writestr(f"data/{area.code}.json", text)
        for stored in _files(actor, ids, open_to):
            with (
                files.open_stored(stored) as source,
                archive.open(f"files/{stored.pk}-{stored.name}", "w") as to,
            ):
                shutil.copyfileobj(source, to, CHUNK)
            packed.files += 1
        progress(steps, steps)
    return packed


def _files(actor: Actor, ids: Ids, some: Iterable[Area]) -> list[StoredFile]:
    found = {each.pk: each for area in some for each in area.files(actor, ids)}
    return list(found.values())


def _page(company: str, person: str, now: datetime.datetime, found: list[tuple[Area, list[Row]]]) -> str:
    told_of = [(area, rows) for area, rows in found if rows]
    empty = _(", ").join(str(area.label) for area, rows in found if not rows)
    title = _("What %(company)s keeps about %(person)s") % {"company": company, "person": person}
    return format_html(
        '<!doctype html><html lang="{}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>{}</title><style>{}</style><h1>{}</h1><p>{}</p><nav>{}</nav>{}<p>{}</p></html>",
        translation.get_language(),
        title,
        _STYLE,
        title,
        _("As of %(when)s. The folder “data” has the same for programs, “files” the files themselves.")
        % {"when": _words(now)},
        format_html_join(" ", '<a href="#{}">{}</a>', ((area.code, area.label) for area, _rows in told_of)),
        format_html_join("", "{}", ((_section(area, rows),) for area, rows in told_of)),
        _("Nothing is kept of: %s.") % empty if empty else "",
    )


def _section(area: Area, rows: list[Row]) -> SafeString:
    filled = {
        name: label
        for name, label in area.columns.items()
        if any(row.get(name) not in (None, "") for row in rows)
    }
    cells = ((_cells(row, filled),) for row in rows)
    return format_html(
        '<h2 id="{}">{} <span class="n">{}</span></h2><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>',
        area.code,
        area.label,
        len(rows),
        format_html_join("", "<th>{}</th>", ((label,) for label in filled.values())),
        format_html_join("", "<tr>{}</tr>", cells),
    )


def _cells(row: Row, names: Iterable[str]) -> SafeString:
    return format_html_join("", "<td>{}</td>", ((_words(row.get(name)),) for name in names))


def _words(value: Any) -> str:
    match value:
        case bool():
            return _("Yes") if value else _("No")
        case Choice():
            return str(value.label)
        case datetime.datetime():
            return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
        case datetime.date():
            return formats.date_format(value, "DATE_FORMAT")
        case Decimal() | int() | float():
            return formats.number_format(_short(value), use_l10n=True, force_grouping=True)
    return "" if value is None else str(value)


def _short(number: Decimal | float) -> Decimal | float:
    if isinstance(number, Decimal):
        return number.quantize(Decimal("0.01"))
    return round(number, 2)
