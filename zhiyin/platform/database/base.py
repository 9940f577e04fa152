"""The engine of ``DATABASES``."""

import select
from typing import Any, cast

import psycopg
from django.db.backends.postgresql import base, operations
from django.db.backends.utils import CursorWrapper
from psycopg.abc import Loader
from psycopg.pq import Format

TIMESTAMPTZ = psycopg.postgres.types["timestamptz"].oid
_IN_UTC = cast(type[Loader], psycopg.adapters.get_loader(TIMESTAMPTZ, Format.TEXT))


class PlannedCursor(psycopg.Cursor[tuple[Any, ...]]):
    """Its statements are prepared, so parsed and planned once a connection and not at each execution."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        # Django's, written in Python to give any zone, needs 5 µs a value; sessions here are in UTC
        self.adapters.register_loader(TIMESTAMPTZ, _IN_UTC)

    def execute(self, query: Any, params: Any = None, **_options: Any) -> "PlannedCursor":
        return super().execute(query, params, prepare=True)


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """With its values, for those who read along; a prepared one has them not in its text."""
        if isinstance(cursor, PlannedCursor):
            return str(self.compose_sql(sql, params))
        return super().last_executed_query(cursor, sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL, asked whether it is still there only when something has arrived unasked.

    Django asks ``SELECT 1`` before the first statement of every request. A server that went away has closed
    its end, and then there is something to read; so one look at the socket tells, without a round trip.
    """

    ops_class = DatabaseOperations

    def planned_cursor(self) -> CursorWrapper:
        """A cursor for statements that one plan suits whatever their values and whoever's rows they read.

        That is so where a unique key or another small set leads to the rows, and not for lists. Planning
        under row-level security takes several times as long as reading a row.
        """
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor: CursorWrapper = self._prepare_cursor(PlannedCursor(self.connection))  # type: ignore[attr-defined]
        return cursor

    def init_connection_state(self) -> None:
        super().init_connection_state()
        with self.connection.cursor() as cursor:
            # Django's own cursors put values into the text, so nothing is prepared but by a planned cursor
            self.connection.prepare_threshold = 5
            cursor.execute("SET plan_cache_mode = force_generic_plan")
        if not self.get_autocommit():
            self.connection.commit()

    def is_usable(self) -> bool:
        return not self._has_news() or super().is_usable()

    def _has_news(self) -> bool:
        if self.connection is None or self.connection.closed:
            return True
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return bool(poll.poll(0))
