"""Reads of tasks, follow-ups and appointments, each with a fixed number of SQL statements."""

from zhiyin.activities.queries.appointments import (
    Occurrence,
    appointment_row,
    colleagues,
    good_feed,
    occurrence_at,
    occurrences,
)
from zhiyin.activities.queries.tasks import (
    TaskFilter,
    TaskSort,
    due_tasks,
    follow_ups,
    list_tasks,
    task_row,
)

__all__ = [
    "Occurrence",
    "TaskFilter",
    "TaskSort",
    "appointment_row",
    "colleagues",
    "due_tasks",
    "follow_ups",
    "good_feed",
    "list_tasks",
    "occurrence_at",
    "occurrences",
    "task_row",
]
