"""Tasks, follow-ups and appointments go with their customer."""

from django.utils.translation import gettext_lazy as _

from zhiyin.activities.models import FollowUp, Participant, Task
from zhiyin.customers.actions.merging.parts import Rows, register

register(
    Rows("tasks", _("Tasks"), Task),
    Rows("follow_ups", _("Follow-ups"), FollowUp),
    Rows("appointments", _("Appointments"), Participant, twins=("appointment_id",)),
)
