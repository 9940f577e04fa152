"""Charts and coloured tables as plain data; ``assets/charts`` draws them, ``{% chart %}`` places them."""

import math
import numbers
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Literal

Kind = Literal["line", "bar", "area", "scatter"]
Format = Literal["number", "integer", "percent", "money"]


@dataclass(frozen=True, slots=True)
class Series:
    """One line, row of bars or cloud of points.

    ``values`` follow the chart's categories (``None`` leaves a gap), or are (x, y) pairs in a scatter chart.
    ``low`` and ``high`` shade an interval around a line.
    """

    name: str
    values: Sequence[float | Decimal | None] | Sequence[tuple[float, float]]
    kind: Kind | None = None
    low: Sequence[float | Decimal] | None = None
    high: Sequence[float | Decimal] | None = None
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart whose ``title`` states the finding; ``key`` names the downloaded files."""

    key: str
    title: str
    series: Sequence[Series]
    categories: Sequence[str] = ()
    kind: Kind = "line"
    subtitle: str = ""
    x_label: str = ""
    y_label: str = ""
    format: Format = "number"
    currency: str = ""
    stacked: bool = False
    horizontal: bool = False
    tall: bool = False
    note: str = ""

    def data(self) -> dict[str, Any]:
        """What the browser draws; numbers that JSON does not know become gaps."""
        kept = ("subtitle", "note", "tall")
        return {name: _plain(value) for name, value in asdict(self).items() if name not in kept}

    def table(self) -> tuple[list[str], list[list[Any]]]:
        """The same as a table: headings and rows."""
        if self.kind == "scatter":
            rows = [
                [each.name, *point]
                for each in self.series
                for point in each.values
                if isinstance(point, tuple)
            ]
            return ["", self.x_label, self.y_label], rows
        columns = [column for each in self.series for column in self._columns(each)]
        rows = [
            [category, *(values[i] for _, values in columns)] for i, category in enumerate(self.categories)
        ]
        return [self.y_label if self.horizontal else self.x_label, *(name for name, _ in columns)], rows

    def _columns(self, series: Series) -> list[tuple[str, Sequence[Any]]]:
        name = series.name or (self.x_label if self.horizontal else self.y_label)
        columns: list[tuple[str, Sequence[Any]]] = [(name, series.values)]
        if series.low is not None and series.high is not None:
            columns += [(f"{name} ↓", series.low), (f"{name} ↑", series.high)]
        return columns


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: ``value`` colours it, ``text`` is what it says, ``url`` opens what it counts."""

    value: float | Decimal | None
    text: str
    url: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class HeatTable:
    """A table coloured by value, such as a retention or recency-frequency grid."""

    title: str
    corner: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]
    subtitle: str = ""
    key: str = "table"
    top: float | None = None
    note: str = ""

    def coloured(self) -> list[tuple[str, list[tuple[Cell, int]]]]:
        """Rows of cells, each with its colour from 0 (nothing) to 9 (the largest value)."""
        values = [float(cell.value) for _, cells in self.rows for cell in cells if cell.value]
        top = self.top or max(values, default=1) or 1
        return [(label, [(cell, _level(cell.value, top)) for cell in cells]) for label, cells in self.rows]


def _level(value: float | Decimal | None, top: float) -> int:
    if not value or value <= 0:
        return 0
    return max(1, min(9, math.ceil(9 * float(value) / float(top))))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, bool):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real | Decimal):
        return float(value) if math.isfinite(value) else None
    return value
