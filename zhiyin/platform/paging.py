"""Pages by key instead of by offset: page 10,000 costs what page 1 costs.

A position is the sort values of the row at a page's edge, so rows that come or go meanwhile neither repeat
nor hide others. Nulls come last in both directions and are read as a second range of the index, because
``DESC NULLS LAST`` could not use it.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import decimal
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet, FieldDoesNotExist, ValidationError
from django.db import connection, models
from django.db.models import BooleanField, F, Func, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.database.planned import Statement, planned_cursor
from zhiyin.platform.errors import Invalid

Row = TypeVar("Row")
Choose = Callable[[Sequence[Any], bool, int], RawSQL]
MOST = 200


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows in order, and the tokens of the pages beside them (``None`` at the ends)."""

    rows: list[Row]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class _Column:
    path: str
    field: models.Field[Any, Any]
    nullable: bool


@dataclass(frozen=True, slots=True)
class _Range:
    """The rows with or those without a value in the first column."""

    nulls: bool
    sorted_by: list[_Column]


@dataclass(frozen=True, slots=True)
class _Position:
    values: list[Any]
    backwards: bool


def keyset(
    queryset: QuerySet[Any, Row],
    *,
    order: Sequence[str],
    after: str = "",
    limit: int = 50,
    key: str = "id",
    twin: str = "",
) -> Page[Row]:
    """One page of ``queryset`` in ``order``; see ``Keyset``."""
    return Keyset(queryset, order=order, key=key, twin=twin).page(after, limit)


class Keyset(Generic[Row]):
    """The pages of ``queryset`` in ``order``, ties broken by the unique column ``key``.

    ``order`` names columns, all with or all without a leading ``-``; only the first may hold nulls. With
    ``.values()`` the rows must carry these columns and ``key``. When the first column lies in a joined table,
    ``twin`` is the column there that equals ``key``, so that one index of that table holds both.

    One that is asked often may be kept. With ``plan_for`` its rows come as dictionaries through SQL that is
    made once; unless the query set has values of its own, which a plan depends on, PostgreSQL plans it once a
    connection too. ``plan_for`` names whom that plan suits: tenants differ in size.

    With ``around`` the page's keys are chosen first, and only their rows are read, through this query set: for
    lists where many rows match that no index has in order, so that not all of them are joined. ``choose``
    gives the SQL of these keys where it is not to be made of the query set: from the sort values behind which
    the page begins (none at first), whether it descends, and the number of rows; the values are its last.

    With ``parts`` the rows are those of several query sets that have none in common: of each as many as the page
    has are looked for in its own order. ``queryset`` then only reads them, and may not have a ``plan_for``. They may
    differ for rows without a value in the first column.
    """

    def __init__(
        self,
        queryset: QuerySet[Any, Row],
        *,
        order: Sequence[str],
        key: str = "id",
        twin: str = "",
        plan_for: str = "",
        around: QuerySet[Any, Row] | None = None,
        choose: Choose | None = None,
        parts: Callable[[bool], Sequence[QuerySet[Any, Any]]] | None = None,
    ) -> None:
        self.descending = order[0].startswith("-")
        if any(name.startswith("-") != self.descending for name in order):
            raise ValueError("columns of one keyset go in one direction")
        names = [name.lstrip("-") for name in order]
        self.queryset = queryset
        self.around = around
        self.choose = choose
        self.parts = parts
        self.columns = [_column(queryset, name) for name in dict.fromkeys([*names, key])]
        self.twin = twin or key
        self.plan_for = plan_for
        self._statements: dict[tuple[object, ...], Statement] = {}

    def page(self, after: str = "", limit: int = 50) -> Page[Row]:
        """The page at ``after``, a token from an earlier page, for either direction.

        Raises ``Invalid`` for a token that does not fit the order.
        """
        position = _decode(after, self.columns) if after else None
        backwards = position is not None and position.backwards
        limit = max(1, min(limit, MOST))
        rows = self._read(position, limit + 1)
        more = len(rows) > limit
        rows = rows[:limit]
        if backwards:
            if not more and len(rows) < limit:
                return self.page("", limit)
            rows.reverse()
        has_next, has_previous = (True, more) if backwards else (more, position is not None)
        return Page(
            rows,
            _encode(rows[-1], self.columns, backwards=False) if rows and has_next else None,
            _encode(rows[0], self.columns, backwards=True) if rows and has_previous else None,
        )

    def _read(self, position: _Position | None, wanted: int) -> list[Row]:
        """The rows behind a position in reading direction, from the two ranges with and without a value."""
        backwards = position is not None and position.backwards
        lead, rest = self.columns[0], self.columns[1:]
        ranges = [_Range(False, [*self.columns[:-1], replace(self.columns[-1], path=self.twin)])]
        if lead.nullable:
            ranges.append(_Range(True, rest))
            if backwards:
                ranges.reverse()
            if position is not None and (position.values[0] is None) != ranges[0].nulls:
                ranges = ranges[1:]

        rows: list[Row] = []
        for some in ranges:
            behind = position.values[len(self.columns) - len(some.sorted_by) :] if position else []
            position = None
            rows += self._rows(some, behind, self.descending != backwards, wanted)[: wanted - len(rows)]
            if len(rows) >= wanted:
                break
        return rows

    def _rows(self, some: _Range, behind: list[Any], descending: bool, wanted: int) -> list[Row]:
        if not self.plan_for:
            return list(self._query(some, behind, descending, wanted))
        which = some.nulls, bool(behind), descending, wanted
        statement = self._statements.get(which)
        if statement is None:
            try:
                statement = Statement.of(self._query(some, behind, descending, wanted))
            except EmptyResultSet:  # conditions that no row meets make no statement
                return []
            self._statements[which] = statement
        own = statement.params[: len(statement.params) - len(behind)]
        pairs = zip(some.sorted_by, behind, strict=False)
        place = [column.field.get_db_prep_value(value, connection) for column, value in pairs]
        # a value that narrows a list decides on its plan
        with connection.cursor() if own else planned_cursor() as cursor:
            cursor.execute(f"/* {self.plan_for} */ {statement.sql}", [*own, *place])
            return statement.rows(cursor.fetchall())

    def _query(self, some: _Range, behind: list[Any], descending: bool, wanted: int) -> QuerySet[Any, Row]:
        sign = "-" if descending else ""
        order = [sign + column.path for column in some.sorted_by]
        if self.parts:
            first, *others = (
                self._behind(part, some, behind, descending).order_by(*order).values("pk")[:wanted]
                for part in self.parts(some.nulls)
            )
            return self.queryset.filter(pk__in=first.union(*others, all=True)).order_by(*order)[:wanted]
        rows = self._behind(self.queryset, some, behind, descending).order_by(*order)[:wanted]
        if self.around is None:
            return rows
        keys = self.choose(behind, descending, wanted) if self.choose else rows.values("pk")
        return self.around.filter(pk__in=keys).order_by(*order)

    def _behind(
        self, queryset: QuerySet[Any, Any], some: _Range, behind: list[Any], descending: bool
    ) -> QuerySet[Any, Any]:
        lead = self.columns[0]
        if lead.nullable:
            queryset = queryset.filter(**{f"{lead.path}__isnull": some.nulls})
        if behind:
            queryset = queryset.filter(_Beyond(some.sorted_by, behind, greater=not descending))
        return queryset


def first_page(rows: list[Row], *, order: Sequence[str], limit: int, key: str = "id") -> Page[Row]:
    """The first page of rows read elsewhere from the beginning, one more than ``limit`` where there are more."""
    shown, more = rows[:limit], len(rows) > limit
    names = dict.fromkeys([*(name.lstrip("-") for name in order), key])
    return Page(shown, position_token([_value(shown[-1], name) for name in names]) if more else None, None)


def position_token(values: Sequence[Any], *, backwards: bool = False) -> str:
    """The token of the page behind a row with these sort values, its key last."""
    plain = ["p" if backwards else "n", *(_plain(value) for value in values)]
    return base64.urlsafe_b64encode(json.dumps(plain, ensure_ascii=False).encode()).decode().rstrip("=")


class _Beyond(Func):
    """``(a, b) > (x, y)`` as a row comparison, which an index on both columns answers whatever the ties."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, columns: list[_Column], values: list[Any], *, greater: bool) -> None:
        pairs = zip(columns, values, strict=True)
        super().__init__(
            *(F(column.path) for column in columns),
            *(Value(value, output_field=column.field) for column, value in pairs),
        )
        self.greater = greater

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, _connection: Any, **_extra: Any
    ) -> tuple[str, list[Any]]:
        parts = [compiler.compile(part) for part in self.source_expressions]
        half = len(parts) // 2
        left, right = (", ".join(sql for sql, _params in side) for side in (parts[:half], parts[half:]))
        sign = ">" if self.greater else "<"
        return f"({left}) {sign} ({right})", [value for _sql, params in parts for value in params]


def _column(queryset: QuerySet[Any, Any], path: str) -> _Column:
    """The field at the end of a path, and whether anything on the way may be null."""
    whole = path
    annotation = queryset.query.annotations.get(path)
    if annotation is not None and not isinstance(annotation, models.expressions.Col):
        return _Column(path, annotation.output_field, nullable=True)
    model, nullable = queryset.model, False
    alias, _sign, rest = path.partition("__")
    if joined := queryset.query._filtered_relations.get(alias):  # type: ignore[attr-defined]  # of Django
        related = model._meta.get_field(joined.relation_name).related_model
        model, nullable, path = related, True, rest
    for part in path.split("__"):
        field = model._meta.get_field(part)
        nullable = nullable or bool(field.null)
        if field.is_relation and field.related_model is not None:
            model = field.related_model
    if not isinstance(field, models.Field):
        raise FieldDoesNotExist(path)
    return _Column(whole, field, nullable)


def _encode(row: Any, columns: list[_Column], *, backwards: bool) -> str:
    return position_token([_value(row, column.path) for column in columns], backwards=backwards)


def _value(row: Any, path: str) -> Any:
    if isinstance(row, dict):
        return row[path]
    for part in path.split("__"):
        row = getattr(row, part, None)
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, uuid.UUID | decimal.Decimal):
        return str(value)
    return value


def _decode(token: str, columns: list[_Column]) -> _Position:
    try:
        padded = token + "=" * (-len(token) % 4)
        direction, *plain = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if any(isinstance(value, list | dict) or "\0" in str(value) for value in plain):
            raise ValueError
        values = [
            None if value is None else column.field.to_python(value)
            for column, value in zip(columns, plain, strict=True)
        ]
        late = any(value is None for value in values[1:])
        if direction not in ("n", "p") or late or (values[0] is None and not columns[0].nullable):
            raise ValueError
    except (binascii.Error, ValueError, TypeError, ValidationError, RecursionError) as error:
        raise Invalid(
            _("This page link does not fit the list. Open the list again."), field="page"
        ) from error
    return _Position(values, direction == "p")
