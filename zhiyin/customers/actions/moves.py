"""Moves of status by hand."""

import datetime

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from zhiyin.customers.choices import MOVES, Status, StatusReason
from zhiyin.customers.models import Customer, StatusChange
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid

LONGEST = 200


def checked_move(old: str, new: str, reason: str) -> str:
    """The reason without blanks around it. Raises ``Invalid`` for a move without one, or to which no arrow leads."""
    if Status(new) not in MOVES[Status(old)]:
        ways = ", ".join(str(each.label) for each in Status if each in MOVES[Status(old)])
        raise Invalid(
            _("From “%(old)s” one does not come to “%(new)s”, only to: %(ways)s.")
            % {"old": Status(old).label, "new": Status(new).label, "ways": ways},
            field="status",
        )
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid(_("Say why the status changes."), field="reason")
    if len(reason) > LONGEST or "\0" in reason:
        raise Invalid(_("This is longer than %d characters.") % LONGEST, field="reason")
    return reason


_COUNT = """
INSERT INTO customers_statusflow (month, previous, status, customers) VALUES (%s, %s, %s, 1)
ON CONFLICT (tenant_id, month, previous, status) DO UPDATE SET customers = customers_statusflow.customers + 1
"""


def note_move(actor: Actor, customer: Customer, old: str, reason: str, now: datetime.datetime) -> None:
    """Keep the move that was made, for the history and the flow chart."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [timezone.localdate(now).replace(day=1), old, customer.status])
    StatusChange.objects.create(
        customer=customer,
        status=customer.status,
        stage=customer.stage,
        reason=StatusReason.HAND,
        note=reason,
        actor_name=actor.name,
        changed_at=now,
    )
