"""What people type to set up a rule of approvals."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Unit
from zhiyin.accounts.queries import names_of_members
from zhiyin.approvals import queries, subjects
from zhiyin.approvals.actions import RuleSaid, StepSaid
from zhiyin.approvals.choices import Mode, Who
from zhiyin.approvals.models import ApprovalRule, ApprovalStep

STEPS = 5


def _number(label: Any, digits: int, places: int, hint: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=False, max_digits=digits, decimal_places=places, help_text=hint
    )


class StepForm(forms.Form):
    """One of several in a rule; without ``who`` there is none."""

    who = forms.ChoiceField(label=_("Who is asked"), required=False)
    people = forms.MultipleChoiceField(label=_("People"), required=False, widget=forms.CheckboxSelectMultiple)
    mode = forms.ChoiceField(label=_("How many"), choices=Mode.choices, required=False)
    hours = forms.IntegerField(
        label=_("Hours to answer"),
        required=False,
        min_value=1,
        max_value=2160,
        help_text=_("After them somebody above is asked besides."),
    )

    def __init__(self, people: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["who"].choices = [("", _("Nobody more")), *Who.choices]  # type: ignore[attr-defined]
        self.fields["people"].choices = people  # type: ignore[attr-defined]

    def said(self) -> StepSaid | None:
        given = self.cleaned_data
        if not given["who"]:
            return None
        people = tuple(uuid.UUID(each) for each in given["people"])
        return StepSaid(given["who"], given["mode"] or Mode.ANY, people, given["hours"])


class RuleForm(forms.Form):
    subject = forms.ChoiceField(label=_("What needs an approval"))
    name = forms.CharField(label=_("Name"), max_length=100)
    amount_from = _number(_("Amount of at least"), 19, 4, _("In the company's currency."))
    discount_from = _number(_("Discount of at least, %"), 6, 2)
    margin_below = _number(_("Margin below, %"), 6, 2)
    grades = forms.CharField(
        label=_("Grades"), required=False, max_length=200, help_text=_("Several with commas between.")
    )
    unit_id = forms.ChoiceField(label=_("Asked by somebody of"), required=False)
    member_id = forms.ChoiceField(label=_("Asked by"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, rule: ApprovalRule | None = None) -> None:
        super().__init__(data, initial=_initial(rule) if rule else None)
        self._choose("subject", [(each.code, each.label) for each in subjects.subjects()])
        units = Unit.objects.order_by("path").values_list("pk", "name")
        self._choose("unit_id", [("", _("Any unit")), *((str(key), name) for key, name in units)])
        members = [(str(key), name) for key, name in names_of_members()]
        self._choose("member_id", [("", _("Anybody")), *members])
        people = [(str(each.pk), each.name) for each in queries.deciders().order_by("name_key")]
        held = _steps(rule)
        self.steps = [
            StepForm(people, data, prefix=f"step{at}", initial=held[at] if at < len(held) else None)
            for at in range(STEPS)
        ]
        if data is None and rule is None:
            self.steps[0].initial = {"who": Who.SUPERIOR, "hours": 24}

    def _choose(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def is_valid(self) -> bool:
        steps = [each.is_valid() for each in self.steps]
        return super().is_valid() and all(steps)

    def said(self) -> RuleSaid:
        given = self.cleaned_data
        grades = given["grades"].replace("，", ",").replace("、", ",").split(",")
        return RuleSaid(
            subject=given["subject"],
            name=given["name"],
            steps=[said for each in self.steps if (said := each.said())],
            amount_from=given["amount_from"],
            discount_from=given["discount_from"],
            margin_below=given["margin_below"],
            unit_id=_key(given["unit_id"]),
            member_id=_key(given["member_id"]),
            grades=tuple(each.strip()[:50] for each in grades if each.strip()),
        )


def _key(text: str) -> uuid.UUID | None:
    return uuid.UUID(text) if text else None


def _initial(rule: ApprovalRule) -> dict[str, Any]:
    same = (
        "subject",
        "name",
        "amount_from",
        "discount_from",
        "margin_below",
        "unit_id",
        "member_id",
        "version",
    )
    bounds = {name: getattr(rule, name) for name in same}
    return {**bounds, "grades": ", ".join(rule.grades)}


def _steps(rule: ApprovalRule | None) -> list[dict[str, Any]]:
    if rule is None:
        return []
    rows = ApprovalStep.objects.filter(rule=rule).order_by("position").prefetch_related("named")
    return [
        {
            "who": each.who,
            "mode": each.mode,
            "hours": each.hours,
            "people": [str(named.member_id) for named in each.named.all()],
        }
        for each in rows
    ]
