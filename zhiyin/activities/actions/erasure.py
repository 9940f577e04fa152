"""Where tasks and appointments tell of somebody."""

from zhiyin.activities.models import Appointment, AppointmentUndo, FollowUp, Task
from zhiyin.customers.actions.erasure import before_erasure, sweeps
from zhiyin.customers.actions.erasure.person import Person

sweeps(Appointment, "title", "place", "details")
sweeps(AppointmentUndo, "before")
sweeps(FollowUp, "body", "outcome")
sweeps(Task, "title", "details")


@before_erasure
def name_tasks(person: Person) -> dict[str, int]:
    """The tasks about a person go with him, so what the audit log says of them does too."""
    person.objects.extend(Task.objects.filter(customer__in=person.ids).values_list("pk", flat=True))
    return {}
