from zhiyin.activities.models.appointment import Appointment, AppointmentUndo, Participant
from zhiyin.activities.models.task import FollowUp, Task

__all__ = ["Appointment", "AppointmentUndo", "FollowUp", "Participant", "Task"]
