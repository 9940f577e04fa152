"""A member's calendar here and one of his on another server (CalDAV) are kept the same."""

from zhiyin.activities.actions.connections.connect import (
    TASK,
    choose_calendar,
    connect_calendar,
    defer_due,
    end_connection,
    seal_again,
    sync_calendar,
)
from zhiyin.activities.actions.connections.rounds import synchronise

__all__ = [
    "TASK",
    "choose_calendar",
    "connect_calendar",
    "defer_due",
    "end_connection",
    "seal_again",
    "sync_calendar",
    "synchronise",
]
