"""What people do with tasks and follow-ups."""

from zhiyin.activities.actions.follow_ups import add_follow_up
from zhiyin.activities.actions.tasks import change_task, create_task, set_task_state

__all__ = ["add_follow_up", "change_task", "create_task", "set_task_state"]
