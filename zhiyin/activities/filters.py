"""What filters of customers can ask about follow-ups and tasks."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from zhiyin.activities import access
from zhiyin.activities.choices import TaskState
from zhiyin.activities.models import FollowUp
from zhiyin.customers.filters import Asking, FilterType, Term, latest
from zhiyin.platform.actors import Actor

ACTIVITIES = _("Activities")


def activity_terms(_actor: Actor) -> Iterable[Term]:
    return _TERMS


def _followed_up(_asking: Asking, op: str, value: Any) -> Q:
    return latest(FollowUp.objects.all(), "created_at", op, value)


def _due(asking: Asking, op: str, value: Any) -> Q:
    """An open task that the actor may see, by the day on which it is due."""
    open_ones = access.tasks(asking.actor).filter(state=TaskState.OPEN, customer=OuterRef("pk"))
    if op in ("empty", "filled"):
        return Q(Exists(open_ones)) if op == "filled" else Q(~Exists(open_ones))
    first, last = value
    if first:
        open_ones = open_ones.filter(due_on__gte=first)
    if last:
        open_ones = open_ones.filter(due_on__lte=last)
    return Q(Exists(open_ones))


_TERMS = (
    Term("followed_up", _("Last follow-up"), FilterType.DATE, ACTIVITIES, _followed_up, "activities.view"),
    Term("task_due", _("Open task due"), FilterType.DATE, ACTIVITIES, _due, "activities.view"),
)
