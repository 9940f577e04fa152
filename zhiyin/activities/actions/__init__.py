"""What people do with tasks, follow-ups and appointments."""

from zhiyin.activities.actions.appointment_answers import answer_appointment
from zhiyin.activities.actions.appointment_undo import undo_appointment
from zhiyin.activities.actions.appointments import (
    Done,
    change_appointment,
    create_appointment,
    move_appointment,
    remove_appointment,
)
from zhiyin.activities.actions.connections import (
    choose_calendar,
    connect_calendar,
    end_connection,
    sync_calendar,
)
from zhiyin.activities.actions.feeds import FEED_START, create_feed, read_feed, revoke_feed
from zhiyin.activities.actions.follow_ups import add_follow_up
from zhiyin.activities.actions.tasks import change_task, create_task, set_task_state

__all__ = [
    "FEED_START",
    "Done",
    "add_follow_up",
    "answer_appointment",
    "change_appointment",
    "change_task",
    "choose_calendar",
    "connect_calendar",
    "create_appointment",
    "create_feed",
    "create_task",
    "end_connection",
    "move_appointment",
    "read_feed",
    "remove_appointment",
    "revoke_feed",
    "set_task_state",
    "sync_calendar",
    "undo_appointment",
]
