"""The engine of ``DATABASES``."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL, asked whether it is still there only when something has arrived unasked.

    Django asks ``SELECT 1`` before the first statement of every request. A server that went away has closed
    its end, and then there is something to read; so one look at the socket tells, without a round trip.
    """

    def is_usable(self) -> bool:
        return not self._has_news() or super().is_usable()

    def _has_news(self) -> bool:
        if self.connection is None or self.connection.closed:
            return True
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return bool(poll.poll(0))
