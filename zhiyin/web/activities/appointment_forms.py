"""What people type about an appointment."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.activities import recurrence
from zhiyin.activities.choices import Which
from zhiyin.activities.models import Appointment
from zhiyin.activities.queries import colleagues
from zhiyin.platform.errors import Invalid
from zhiyin.web.activities.forms import Day, Moment

REPEATS = {
    "": "",
    "daily": "FREQ=DAILY",
    "weekdays": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "weekly": "FREQ=WEEKLY",
    "fortnightly": "FREQ=WEEKLY;INTERVAL=2",
    "monthly": "FREQ=MONTHLY",
    "yearly": "FREQ=YEARLY",
}
_DAY = datetime.timedelta(days=1)


class Wall(forms.DateTimeField):
    """A wall time without a zone, which another field names."""

    widget = Moment

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return datetime.datetime.fromisoformat(text).replace(tzinfo=None)
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["invalid"]) from error


class AppointmentForm(forms.Form):
    title = forms.CharField(label=_("What"), max_length=200)
    starts = Wall(label=_("Begins"))
    ends = Wall(label=_("Ends"))
    all_day = forms.BooleanField(label=_("Whole days"), required=False)
    zone = forms.ChoiceField(label=_("Time zone"))
    place = forms.CharField(label=_("Place"), max_length=200, required=False)
    members = forms.TypedMultipleChoiceField(label=_("Colleagues"), coerce=uuid.UUID, required=False)
    customers = forms.TypedMultipleChoiceField(label=_("Customers"), coerce=uuid.UUID, required=False)
    repeat = forms.ChoiceField(
        label=_("Repeats"),
        required=False,
        choices=[
            ("", _("Never")),
            ("daily", _("Every day")),
            ("weekdays", _("Monday to Friday")),
            ("weekly", _("Every week")),
            ("fortnightly", _("Every two weeks")),
            ("monthly", _("Every month")),
            ("yearly", _("Every year")),
            ("own", _("By a rule of one's own")),
        ],
    )
    until = forms.DateField(
        label=_("Until"), required=False, widget=Day(), help_text=_("Empty: without an end.")
    )
    rule = forms.CharField(
        label=_("Rule"),
        max_length=500,
        required=False,
        help_text=_("As in RFC 5545, such as FREQ=MONTHLY;BYDAY=-1FR for each last Friday of a month."),
    )
    remind_minutes = forms.TypedChoiceField(
        label=_("Remind"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[
            ("", _("Not at all")),
            (0, _("When it begins")),
            (10, _("10 minutes before")),
            (30, _("30 minutes before")),
            (60, _("An hour before")),
            (1440, _("A day before")),
        ],
    )
    is_private = forms.BooleanField(
        label=_("Private"), required=False, help_text=_("Others see only that you are busy.")
    )
    details = forms.CharField(
        label=_("Details"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    which = forms.ChoiceField(
        label=_("Change"), choices=Which.choices, initial=Which.ONE, required=False, widget=forms.RadioSelect
    )

    def __init__(
        self,
        *args: Any,
        owner: uuid.UUID | None,
        met: Sequence[tuple[str, str]] = (),
        series: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(each["id"]), each["name"]) for each in colleagues() if each["id"] != owner]
        self.fields["members"].choices = people  # type: ignore[attr-defined]
        self.fields["customers"].choices = list(met)  # type: ignore[attr-defined]
        self.fields["zone"].choices = [(each, each) for each in sorted(available_timezones())]  # type: ignore[attr-defined]
        minutes = self.initial.get("remind_minutes")
        choices = list(self.fields["remind_minutes"].choices)  # type: ignore[attr-defined]
        if minutes is not None and minutes not in dict(choices):
            choices.append((minutes, _("%s minutes before") % minutes))
            self.fields["remind_minutes"].choices = choices  # type: ignore[attr-defined]
        if not series:
            del self.fields["which"]

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """Keys and names of the customers that it is with so far."""
        names = dict(self.fields["customers"].choices)  # type: ignore[attr-defined]
        return [(key, names[key]) for key in map(str, self["customers"].value() or ()) if key in names]

    def clean(self) -> dict[str, Any]:
        if self.data.get("who", "").strip():
            self.add_error("customers", _("Choose the customer from the list, or empty the field."))
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """As the actions take them. Raises ``Invalid``."""
        given = dict(self.cleaned_data)
        zone, whole = given["zone"], given["all_day"]
        starts, ends = given.pop("starts"), given.pop("ends")
        if whole:
            first, last = (
                datetime.datetime.combine(each.date(), datetime.time(), datetime.UTC)
                for each in (starts, ends)
            )
            given |= {"starts_at": first, "ends_at": last + _DAY}
        else:
            given |= {"starts_at": recurrence.at_wall(starts, zone), "ends_at": _wall(ends, zone)}
        if given["ends_at"] < given["starts_at"]:
            raise Invalid(_("It ends before it begins."), field="ends")
        given["rule"] = self._rule(given.pop("repeat"), given.pop("until"), given["rule"], zone, whole)
        given.pop("which", None)
        return given

    @staticmethod
    def _rule(repeat: str, until: datetime.date | None, own: str, zone: str, whole: bool) -> str:
        if repeat == "own":
            return own
        rule = REPEATS[repeat]
        if not rule or until is None:
            return rule
        end = datetime.datetime.combine(
            until, datetime.time(23, 59, 59), datetime.UTC if whole else ZoneInfo(zone)
        )
        return f"{rule};UNTIL={end.astimezone(datetime.UTC):%Y%m%dT%H%M%SZ}"


def _wall(naive: datetime.datetime, zone: str) -> datetime.datetime:
    try:
        return recurrence.at_wall(naive, zone)
    except Invalid as error:
        raise Invalid(error.message, field="ends") from error


def initial_of(row: Appointment, start: datetime.datetime) -> dict[str, Any]:
    """An occurrence as the form shows it."""
    end = start + (row.ends_at - row.starts_at) - (_DAY if row.all_day else datetime.timedelta())
    parts = recurrence.parts_of(row.rule)
    until = parts.pop("UNTIL", "")
    plain = recurrence.joined(parts)
    repeat = next((name for name, rule in REPEATS.items() if rule == plain), "own")
    return {
        "title": row.title, "place": row.place, "details": row.details, "all_day": row.all_day, "zone": row.zone,
        "is_private": row.is_private, "remind_minutes": row.remind_minutes, "repeat": repeat,
        "starts": start.astimezone(row.wall).replace(tzinfo=None),
        "ends": end.astimezone(row.wall).replace(tzinfo=None),
        "until": recurrence.until_day(row.rule, row.wall) if until else None,
        "rule": row.rule if repeat == "own" else "",
    }  # fmt: skip
