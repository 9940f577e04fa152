"""What of tasks and follow-ups rules of retention may clear."""

import functools
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from zhiyin.activities.models import FollowUp, Task
from zhiyin.customers.actions.retention.own import forget_touches
from zhiyin.customers.choices import TimelineKind
from zhiyin.customers.queries.retention.areas import RECORDS, Records, register


def _done() -> QuerySet[Any, Any]:
    return Task.objects.exclude(closed_at=None)


register(
    Records(
        "follow_ups",
        _("Follow-ups"),
        RECORDS,
        FollowUp.objects.all,
        "created_at",
        functools.partial(forget_touches, TimelineKind.FOLLOW_UP),
        "follow_up",
    ),
    Records("tasks", _("Tasks that are done or cancelled"), RECORDS, _done, "closed_at", subject="task"),
)
