"""What activities have about one person, for that person."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from zhiyin.activities.models import FollowUp, Participant, Task
from zhiyin.platform.actors import Actor
from zhiyin.platform.portability import Area, Ids, Row, register, told


def _tasks(_actor: Actor, ids: Ids) -> Iterator[Row]:
    names = ("title", "details", "state", "due_on", "assignee__name", "created_at", "closed_at")
    return told(
        Task.objects.filter(customer__in=ids).select_related("assignee").order_by("created_at"), names
    )


def _follow_ups(_actor: Actor, ids: Ids) -> Iterator[Row]:
    names = ("created_at", "kind", "body", "outcome", "author__name")
    return told(
        FollowUp.objects.filter(customer__in=ids).select_related("author").order_by("created_at"), names
    )


def _appointments(actor: Actor, ids: Ids) -> Iterator[Row]:
    """What somebody keeps to himself is told with its time alone."""
    rows = Participant.objects.filter(customer__in=ids).select_related("appointment__owner")
    for each in rows.order_by("appointment__starts_at"):
        appointment = each.appointment
        hidden = appointment.is_private and appointment.owner_id != actor.member_id
        yield {
            "starts_at": appointment.starts_at,
            "ends_at": appointment.ends_at,
            "title": "" if hidden else appointment.title,
            "place": "" if hidden else appointment.place,
            "details": "" if hidden else appointment.details,
            "with": appointment.owner.name,
            "removed_at": appointment.removed_at,
        }


_WHEN, _WHO = _("When"), _("By whom")
register(
    Area(
        "follow_ups",
        _("Follow-ups"),
        {
            "created_at": _WHEN,
            "kind": _("Kind"),
            "body": _("What was said"),
            "outcome": _("Outcome"),
            "author__name": _WHO,
        },
        _follow_ups,
        (FollowUp,),
        "activities.view",
    ),
    Area(
        "tasks",
        _("Tasks"),
        {
            "created_at": _WHEN,
            "title": _("Title"),
            "details": _("Details"),
            "state": _("State"),
            "assignee__name": _("Assignee"),
        },
        _tasks,
        (Task,),
        "activities.view",
    ),
    Area(
        "appointments",
        _("Appointments"),
        {"starts_at": _WHEN, "title": _("Title"), "place": _("Place"), "with": _("With whom")},
        _appointments,
        (Participant,),
        "activities.view",
    ),
)
