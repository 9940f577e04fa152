"""Tables of lists. Rows are many, so their cells are made here as text rather than by template tags."""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe

from zhiyin.web.templatetags.zhiyin import icon

Row = Mapping[str, Any]
Cell = Callable[[Row], str]
PAGING = ("after", "before")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``cell`` gives safe HTML; ``sort`` is the name of an order; ``fixed`` ones always show."""

    key: str
    label: str | Promise
    cell: Cell
    sort: str = ""
    numeric: bool = False
    fixed: bool = False
    shown: bool = True
    down_first: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Heading:
    """A column as ``components/sort_header.html`` and ``components/columns.html`` want it."""

    key: str
    label: str | Promise
    numeric: bool
    fixed: bool
    shown: bool
    direction: str = ""
    sort_url: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The columns a person sees, and the rows in them."""

    columns: Sequence[Column]
    keys: frozenset[str]
    link: Callable[[Row], tuple[str, str]]
    query: QueryDict
    sort: str = ""
    choosable: bool = True
    shown: list[Column] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shown", [each for each in self.columns if self._is_shown(each)])

    def _is_shown(self, column: Column) -> bool:
        return column.fixed or (column.key in self.keys if self.keys else column.shown)

    @property
    def headings(self) -> list[Heading]:
        return [self._heading(column) for column in self.shown]

    @property
    def all_headings(self) -> tuple[Heading, ...]:
        return _headings(
            tuple(
                (column.key, str(column.label), column.numeric, column.fixed, self._is_shown(column))
                for column in self.columns
            )
        )

    def _heading(self, column: Column) -> Heading:
        direction = ""
        if column.sort and self.sort.removeprefix("-") == column.sort:
            direction = "descending" if self.sort.startswith("-") else "ascending"
        down = direction == "ascending" or (not direction and column.down_first)
        url = changed(self.query, sort=f"-{column.sort}" if down else column.sort) if column.sort else ""
        return Heading(column.key, column.label, column.numeric, column.fixed, True, direction, url)

    @property
    def head(self) -> SafeString:
        """The headings as HTML, links that sort included; as ``components/sort_header.html`` writes them."""
        return mark_safe("".join(_heading(each) for each in self.headings))  # noqa: S308  # all escaped

    def body(self, rows: Iterable[Row]) -> SafeString:
        """The rows as HTML: a box to choose, the row's link, the other columns."""
        first, *others = self.shown
        cells = [(f'<td class="{"n" if each.numeric else ""}">', each.cell) for each in others]
        parts: list[str] = []
        for row in rows:
            url, name = self.link(row)
            box = BOX.format(row["id"], escape(name)) if self.choosable else ""
            parts.append(f'<tr>{box}<th scope="row"><a href="{url}">{first.cell(row)}</a></th>')
            parts += [f"{start}{cell(row)}</td>" for start, cell in cells]
            parts.append("</tr>")
        # every cell escapes what it holds
        return mark_safe("".join(parts))  # noqa: S308


@functools.lru_cache(maxsize=256)
def _headings(columns: tuple[tuple[str, str, bool, bool, bool], ...]) -> tuple[Heading, ...]:
    """The same objects for the same columns, so that a fragment made of them is found by their identity."""
    return tuple(Heading(*each) for each in columns)


BOX = (
    '<td class="check"><input class="form-check-input m-0" type="checkbox" name="ids" value="{}"'
    ' aria-label="{}"></td>'
)
ARROWS = {"ascending": "arrow-narrow-up", "descending": "arrow-narrow-down"}


def _heading(heading: Heading) -> str:
    numeric = ' class="n"' if heading.numeric else ""
    order = f' aria-sort="{heading.direction}"' if heading.direction else ""
    label = escape(str(heading.label))
    if heading.sort_url:
        url = escape(heading.sort_url)
        arrow = icon(ARROWS[heading.direction]) if heading.direction else ""
        label = (
            f'<a href="{url}" hx-get="{url}" hx-target="#list" hx-swap="outerHTML" hx-push-url="true">'
            f"{label}{arrow}</a>"
        )
    return f'<th scope="col"{numeric}{order}>{label}</th>'


def text(key: str) -> Cell:
    """A cell that shows a value as it is."""

    def cell(row: Row) -> str:
        value: str = row[key] or ""
        # most have nothing to escape; and Django's own looks for lazy strings, and there are hundreds of cells
        return value if value.isalnum() else escape(value)

    return cell


def changed(query: QueryDict, **values: str | list[str] | None) -> str:
    """The address of the same list with some parameters changed, from its first page."""
    kept = {name: query.getlist(name) for name in query if name not in PAGING}
    for name, value in values.items():
        if value is None or value == []:
            kept.pop(name, None)
        else:
            kept[name] = value if isinstance(value, list) else [value]
    return "?" + urlencode({name: value for name, value in kept.items() if any(value)}, doseq=True)


def without(query: QueryDict, name: str, value: str) -> str:
    """The address of the same list without one value of one parameter."""
    return changed(query, **{name: [each for each in query.getlist(name) if each != value]})
