"""Where sessions are kept (``SESSION_ENGINE``): Django's table, read with one planned statement a request."""

from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone

from zhiyin.platform.database.planned import planned_cursor

_SQL = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        with planned_cursor() as cursor:
            cursor.execute(_SQL, [self.session_key, timezone.now()])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        data: dict[str, Any] = self.decode(row[0])
        return data
