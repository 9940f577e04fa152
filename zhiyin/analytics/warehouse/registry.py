"""What can be exported: each app registers its read tables."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Months:
    """Partitions by calendar month (UTC) of a time column."""

    column: str

    def expression(self, alias: str = "") -> str:
        return f"to_char({_dotted(alias, self.column)} AT TIME ZONE 'UTC', 'YYYY-MM')"

    def condition(self, alias: str, partitions: Sequence[str]) -> tuple[str, list[Any]]:
        """A condition that an index on the column serves; neighbouring months become one range."""
        column = _dotted(alias, self.column)
        ranges: list[list[datetime.datetime]] = []
        for name in sorted(partitions):
            start = datetime.datetime.strptime(name, "%Y-%m").replace(tzinfo=datetime.UTC)
            end = (start + datetime.timedelta(days=31)).replace(day=1)
            if ranges and ranges[-1][1] == start:
                ranges[-1][1] = end
            else:
                ranges.append([start, end])
        terms = [f"({column} >= %s AND {column} < %s)" for _ in ranges]
        return f"({' OR '.join(terms) or 'false'})", [bound for pair in ranges for bound in pair]


@dataclass(frozen=True, slots=True)
class Buckets:
    """Sixteen partitions by a hash of the key."""

    column: str = "id"

    def expression(self, alias: str = "") -> str:
        return f"left(md5({_dotted(alias, self.column)}::text), 1)"

    def condition(self, alias: str, partitions: Sequence[str]) -> tuple[str, list[Any]]:
        return f"{self.expression(alias)} = ANY(%s)", [list(partitions)]


def _dotted(alias: str, column: str) -> str:
    return f'{alias}."{column}"' if alias else f'"{column}"'


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A field whose values part customers into segments, and what the values are called."""

    key: str
    label: str
    options: Mapping[str, str]


def segment_name(key: str, value: str) -> str:
    """How the segment of a value is kept."""
    return f"{key}:{value}"


def no_segmentations() -> list[Segmentation]:
    """Of a dataset whose rows are not parted by the company's own fields."""
    return []


@dataclass(frozen=True, slots=True)
class Dataset:
    """A read table of one tenant.

    Attributes
    ----------
    name : part of the folder's name.
    select : SQL of the columns in the order of ``columns``, without WHERE; ``%(time_zone)s`` is the tenant's.
    alias : what ``select`` calls the table whose column makes the partitions.
    partitions : how rows are divided into files.
    columns : names of Arrow types, by name of the column.
    labels : names of the customer segments that occur, for pages (the dataset ``customers`` only).
    segmentations : fields of the column ``own`` by which the company may part its customers instead.
    """

    name: str
    select: str
    alias: str
    partitions: Months | Buckets
    columns: Mapping[str, str]
    labels: Mapping[str, str | Promise] = field(default_factory=dict)
    segmentations: Callable[[], list[Segmentation]] = no_segmentations


_registered: dict[str, Dataset] = {}


def register(dataset: Dataset) -> Dataset:
    """Offer a dataset to analytics."""
    _registered[dataset.name] = dataset
    return dataset


def registered() -> dict[str, Dataset]:
    """All datasets, by name."""
    return dict(_registered)
