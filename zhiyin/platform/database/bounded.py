"""Statements that may take only so long: what somebody asks for may have to read everything."""

import contextlib
from collections.abc import Iterator

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _
from psycopg.errors import QueryCanceled

from zhiyin.platform.errors import DomainError


class TookTooLong(DomainError):
    """It would read too much."""

    message = _("This would take too long. Ask for less.")


@contextlib.contextmanager
def bounded(milliseconds: int) -> Iterator[None]:
    """Each statement within takes at most so long, in the current transaction, which goes on. Raises ``TookTooLong``."""
    try:
        with transaction.atomic():
            before = _limit(str(milliseconds))
            yield
            _limit(before)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TookTooLong from error
        raise


def _limit(setting: str) -> str:
    """Set how long a statement may take, and tell what it was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)",
            [setting],
        )
        before: str = cursor.fetchone()[0]
    return before
