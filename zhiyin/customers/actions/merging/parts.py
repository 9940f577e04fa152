"""All that refers to a customer, by table: how it moves to another one's file, and back.

Every app registers its own tables when it is ready; a test asks that none is forgotten.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.functional import Promise

from zhiyin.customers.models import Merge, MergedRow

BATCH = 5000


@dataclass(frozen=True)
class Going:
    """A merge being done or undone: this customer vanishes into, or comes back from, the survivor's file."""

    merge: Merge
    vanished_id: uuid.UUID
    now: datetime.datetime

    @property
    def survivor_id(self) -> uuid.UUID:
        return self.merge.survivor_id


@dataclass
class Told:
    """What happened to the rows of one part. ``aside`` says why rows cannot be there as long as the files are one."""

    moved: int = 0
    joined: int = 0
    lost: int = 0
    aside: list[str] = field(default_factory=list)
    back: list[uuid.UUID] = field(default_factory=list)

    def add(self, other: Told) -> None:
        self.moved += other.moved
        self.joined += other.joined
        self.lost += other.lost
        self.aside += other.aside
        self.back += other.back


@dataclass(frozen=True)
class Rows:
    """The rows of a table that name a customer in ``name``.

    Rows of two customers with equal ``twins`` are one after the merge: the survivor's stays, with its empty ``filled``
    columns from the other. ``reference`` is a column that may name a row that goes back: who names it goes along.
    """

    code: str
    label: str | Promise
    model: type[models.Model]
    name: str = "customer"
    twins: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()
    reference: str = ""

    @property
    def column(self) -> str:
        attname: str = self.model._meta.get_field(self.name).attname  # type: ignore[union-attr]
        return attname

    def of(self, customer_id: uuid.UUID) -> models.QuerySet[Any]:
        return self.model._default_manager.filter(**{self.column: customer_id})

    def move(self, going: Going) -> Told:
        """To the survivor, remembered row by row."""
        twins = self._twins(going)
        for row, twin in twins:
            self._join(going, row, twin)
        ids = list(self.of(going.vanished_id).values_list("id", flat=True))
        self.move_rows(going, ids)
        return Told(moved=len(ids), joined=len(twins))

    def move_rows(self, going: Going, ids: Sequence[uuid.UUID]) -> None:
        remember(going, self.code, ids)
        self.of(going.vanished_id).update(**{self.column: going.survivor_id})

    def _twins(self, going: Going) -> list[tuple[models.Model, models.Model]]:
        if not self.twins:
            return []
        there = {self._same(row): row for row in self.of(going.survivor_id)}
        return [
            (row, there[self._same(row)]) for row in self.of(going.vanished_id) if self._same(row) in there
        ]

    def _same(self, row: models.Model) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in self.twins)

    def _join(self, going: Going, row: models.Model, twin: models.Model) -> None:
        empty = {
            name: getattr(row, name) for name in self.filled if not getattr(twin, name) and getattr(row, name)
        }
        if empty:
            before = values_of(twin, empty)
            for name, value in empty.items():
                setattr(twin, name, value)
            twin.save(update_fields=list(empty))
            remember(
                going, f"{self.code}+", [twin.pk], kept={"before": before, "after": values_of(twin, empty)}
            )
        remember(going, self.code, [row.pk], kept=values_of(row), removed=True)
        self.model._default_manager.filter(pk=row.pk).delete()

    def back(self, going: Going) -> Told:
        """Where it was, unless somebody gave it to yet another customer or took it away."""
        told = Told()
        kept = list(remembered(going, self.code))
        there = {each.row_id for each in kept if not each.removed}
        mine = self.of(going.survivor_id).filter(id__in=there)
        told.back = list(mine.values_list("id", flat=True))
        mine.update(**{self.column: going.vanished_id})
        self._unfill(going)
        for each in kept:
            if each.removed:
                told.joined += self._again(each.kept)
        told.moved, told.lost = len(told.back), len(there) - len(told.back)
        return told

    def _unfill(self, going: Going) -> None:
        """What the survivor's own got from its like goes, where it is still the same."""
        for each in remembered(going, f"{self.code}+"):
            row = self.model._default_manager.filter(pk=each.row_id).first()
            if row is not None:
                after = read(self.model, each.kept["after"])
                same = [name for name, value in after.items() if getattr(row, name) == value]
                before = read(self.model, {name: each.kept["before"][name] for name in same})
                self.model._default_manager.filter(pk=row.pk).update(**before)

    def _again(self, kept: dict[str, Any]) -> int:
        """The removed row as it was, unless what it refers to is gone."""
        values = read(self.model, kept)
        for each in self.model._meta.concrete_fields:
            if each.name != self.name and _refers_to_nobody(each, values.get(each.attname)):
                if not each.null:
                    return 0
                values[each.attname] = None
        self.model._default_manager.bulk_create([self.model(**values)], ignore_conflicts=True)
        return 1

    def follow(self, going: Going, returned: Iterable[uuid.UUID]) -> int:
        """What was born since at the survivor goes along with what it belongs to; how many do."""
        if not self.reference:
            return 0
        followed, further = 0, list(returned)
        while further:
            since = self.of(going.survivor_id).filter(**{f"{self.reference}__in": further})
            further = list(since.values_list("id", flat=True))
            followed += (
                self.of(going.survivor_id).filter(id__in=further).update(**{self.column: going.vanished_id})
            )
        return followed


def _refers_to_nobody(column: models.Field[Any, Any], value: Any) -> bool:
    target = column.related_model
    return bool(value and isinstance(target, type) and not target._default_manager.filter(pk=value).exists())


def remember(
    going: Going,
    part: str,
    ids: Iterable[uuid.UUID],
    *,
    kept: dict[str, Any] | None = None,
    removed: bool = False,
) -> None:
    """That these rows were moved, or removed."""
    about: dict[str, Any] = {
        "merge": going.merge,
        "part": part,
        "vanished_id": going.vanished_id,
        "removed": removed,
    }
    rows = [MergedRow(row_id=each, kept=kept or {}, **about) for each in ids]
    MergedRow.objects.bulk_create(rows, batch_size=BATCH)


def remembered(going: Going, part: str) -> models.QuerySet[MergedRow]:
    return MergedRow.objects.filter(merge=going.merge, part=part, vanished_id=going.vanished_id).order_by(
        "-id"
    )


def values_of(row: models.Model, names: Iterable[str] | None = None) -> dict[str, Any]:
    """A row's columns, for JSON; moments to the microsecond, which Django's encoder would cut."""
    wanted = (
        [each.attname for each in row._meta.concrete_fields if not each.generated] if names is None else names
    )
    return {name: _plain(getattr(row, name)) for name in wanted if name != "tenant_id"}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.datetime) else value


def read(model: type[models.Model], values: dict[str, Any]) -> dict[str, Any]:
    """Columns out of JSON, as the model has them."""
    fields = {each.attname: each for each in model._meta.concrete_fields}
    return {name: fields[name].to_python(value) for name, value in values.items()}


_parts: dict[str, Rows] = {}


def register(*parts: Rows) -> None:
    """Tables that refer to a customer; in the order in which they move."""
    _parts.update({each.code: each for each in parts})


def parts() -> list[Rows]:
    return list(_parts.values())
