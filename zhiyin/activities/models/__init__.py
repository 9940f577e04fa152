from zhiyin.activities.models.appointment import Appointment, AppointmentUndo, CalendarFeed, Participant
from zhiyin.activities.models.connection import CalendarConnection, CalendarObject
from zhiyin.activities.models.task import FollowUp, Task

__all__ = [
    "Appointment",
    "AppointmentUndo",
    "CalendarConnection",
    "CalendarFeed",
    "CalendarObject",
    "FollowUp",
    "Participant",
    "Task",
]
