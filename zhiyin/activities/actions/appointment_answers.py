"""Who is invited says whether he comes; what a customer said is noted by who may change the appointment."""

import datetime
import uuid

from django.utils.translation import gettext_lazy as _

from zhiyin.activities import access
from zhiyin.activities.choices import Answer
from zhiyin.activities.events import AppointmentChanged
from zhiyin.activities.models import Appointment
from zhiyin.platform import notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.record import record


def answer_appointment(
    *,
    actor: Actor,
    appointment_id: uuid.UUID,
    answer: str,
    customer_id: uuid.UUID | None = None,
    now: datetime.datetime,
) -> Appointment:
    """Accept or decline for oneself, or write down what a customer said; for the whole series of one."""
    actor.require("activities.edit")
    if answer not in Answer.values:
        raise Invalid(_("This is not one of the choices."), field="answer")
    row = access.appointment(actor, appointment_id, need="write" if customer_id else "read", lock=True)
    who = {"customer": customer_id} if customer_id else {"member": actor.member_id}
    invited = row.participants.filter(**who).first()
    if invited is None:
        raise NotFound
    if invited.answer == answer:
        return row
    before, invited.answer = invited.answer, answer
    invited.save(update_fields=["answer"])
    record(
        AppointmentChanged(row.pk, "answered"),
        actor=actor,
        now=now,
        subject=("appointment", row.pk),
        changes={"answer": [before, answer]},
    )
    if customer_id is None and answer != Answer.OPEN:
        code = f"activities.appointment_{answer}"
        data = {"who": actor.name, "title": row.title, "appointment": str(row.pk)}
        notifications.tell(members=[row.owner_id], code=code, data=data, actor=actor, now=now)
    return row
