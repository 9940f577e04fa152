"""Reads of tasks, follow-ups and appointments, each with a fixed number of SQL statements."""

from zhiyin.activities.queries.appointments import (
    Occurrence,
    appointment_row,
    colleagues,
    good_feed,
    occurrence_at,
    occurrences,
)
from zhiyin.activities.queries.connections import Connected, connected
from zhiyin.activities.queries.tasks import (
    TaskFilter,
    TaskSort,
    due_tasks,
    follow_ups,
    list_tasks,
    task_row,
)

__all__ = [
    "Connected",
    "Occurrence",
    "TaskFilter",
    "TaskSort",
    "appointment_row",
    "colleagues",
    "connected",
    "due_tasks",
    "follow_ups",
    "good_feed",
    "list_tasks",
    "occurrence_at",
    "occurrences",
    "task_row",
]
