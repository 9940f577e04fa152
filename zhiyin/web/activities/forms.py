"""What people type about tasks and follow-ups."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.activities.choices import FollowUpKind, Priority
from zhiyin.customers.queries import owners
from zhiyin.platform.actors import Actor
from zhiyin.web.meeting import Meeting


class Day(forms.DateInput):
    """A day as browsers pick one."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class Moment(forms.DateTimeInput):
    """A moment as browsers pick one, in the reader's time zone."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class FollowUpForm(forms.Form):
    kind = forms.ChoiceField(label=_("How"), choices=FollowUpKind.choices, initial=FollowUpKind.CALL)
    body = forms.CharField(
        label=_("What was said"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    outcome = forms.CharField(label=_("Outcome"), max_length=300, required=False)
    next_step = forms.CharField(
        label=_("Next step"), max_length=200, required=False, help_text=_("It becomes a task of yours.")
    )
    next_on = forms.DateField(label=_("By when"), required=False, widget=Day())


class TaskForm(forms.Form):
    title = forms.CharField(label=_("What is to be done"), max_length=200)
    details = forms.CharField(
        label=_("Details"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    assignee_id = forms.TypedChoiceField(label=_("Who does it"), coerce=uuid.UUID)
    due_on = forms.DateField(label=_("Due"), required=False, widget=Day())
    remind_at = forms.DateTimeField(label=_("Remind"), required=False, widget=Moment())
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=Priority.choices, coerce=int, initial=Priority.NORMAL
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(each["id"]), str(each["name"])) for each in owners(actor)]
        current = str(self.initial.get("assignee_id") or "")
        if current and current not in dict(people):
            # somebody beyond this actor's reach, or who has left, stays the one who does it
            people.append((current, str(self.initial.get("assignee_name", ""))))
        self.fields["assignee_id"].choices = people  # type: ignore[attr-defined]


class EditTaskForm(Meeting, TaskForm):
    pass
