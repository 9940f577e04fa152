"""Statements whose SQL is made once, and which PostgreSQL plans once a connection.

Django takes as long to make the SQL of a query set, and PostgreSQL to plan it under row-level security, as
reading a few rows takes. No rows are kept here.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet
from django.db.models.query import ValuesIterable, get_related_populators
from django.db.models.sql.compiler import SQLCompiler

from zhiyin.platform.database.base import DatabaseWrapper

Row = TypeVar("Row")
_ANY = uuid.UUID(int=1)


def planned_cursor() -> CursorWrapper:
    """``DatabaseWrapper.planned_cursor`` of this thread's connection."""
    return cast(DatabaseWrapper, connection).planned_cursor()


class Planned(Generic[Row]):
    """A query set about one key, such as the notes of a customer, to be asked again and again.

    ``make`` takes the key and must depend on it and on nothing that changes. One plan must suit all keys.
    """

    def __init__(self, make: Callable[[uuid.UUID], QuerySet[Any, Row]]) -> None:
        self.make = make
        self.statement: Statement | None = None

    def __call__(self, key: uuid.UUID) -> list[Row]:
        if self.statement is None:
            self.statement = Statement.of(self.make(_ANY))
        params = [key if each == _ANY else each for each in self.statement.params]
        with planned_cursor() as cursor:
            cursor.execute(self.statement.sql, params)
            return self.statement.rows(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class Statement:
    """The SQL of a query set with its values, and how its rows are made."""

    sql: str
    params: tuple[Any, ...]
    compiler: SQLCompiler
    converters: dict[int, Any]
    build: Callable[[list[Any]], list[Any]]

    @classmethod
    def of(cls, queryset: QuerySet[Any, Any]) -> Statement:
        compiler = queryset.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([each[0] for each in compiler.select])
        values = queryset._iterable_class is ValuesIterable
        build = _dictionaries(list(queryset.query.selected or ())) if values else _objects(compiler)
        return cls(sql, tuple(params), compiler, converters, build)

    def rows(self, found: list[Any]) -> list[Any]:
        """What the query set would make of these rows of the database."""
        if self.converters:
            found = list(self.compiler.apply_converters(found, self.converters))
        return self.build(found)


def _dictionaries(names: Sequence[str]) -> Callable[[list[Any]], list[Any]]:
    return lambda found: [dict(zip(names, row, strict=True)) for row in found]


def _objects(compiler: SQLCompiler) -> Callable[[list[Any]], list[Any]]:
    """As Django's ``ModelIterable`` makes them, related ones included."""
    kind = compiler.klass_info
    places = kind["select_fields"]
    names = [compiler.select[place][0].target.attname for place in places]
    related = get_related_populators(kind, compiler.select, connection.alias)  # type: ignore[call-arg]  # of a later Django

    def build(found: list[Any]) -> list[Any]:
        made = []
        for row in found:
            each = kind["model"].from_db(connection.alias, names, row[places[0] : places[-1] + 1])
            for populator in related:
                populator.populate(row, each)
            made.append(each)
        return made

    return build
