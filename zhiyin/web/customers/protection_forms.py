"""What people type about protection."""

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.actions import ProtectionRules
from zhiyin.customers.filters import Group
from zhiyin.customers.models import ProtectionRule


class ProtectionRuleForm(forms.Form):
    """A rule; ``version`` is the one that the form was filled in with."""

    name = forms.CharField(label=_("Name"), max_length=100)
    days = forms.IntegerField(
        label=_("Days of protection"),
        min_value=1,
        max_value=3650,
        initial=90,
        help_text=_(
            "Counted from the day the owner got the customer, and anew with each follow-up and order."
        ),
    )
    warn_days = forms.IntegerField(
        label=_("Days of warning"), min_value=0, max_value=365, initial=7,
        help_text=_("The owner is told so long before."),
    )  # fmt: skip
    most_owned = forms.IntegerField(
        label=_("One person has at most"),
        required=False,
        min_value=1,
        max_value=10_000_000,
        help_text=_("Who has so many of these customers claims no more. Left empty: any number."),
    )
    position = forms.IntegerField(
        label=_("Place in the order"),
        required=False,
        min_value=0,
        max_value=1_000_000,
        initial=100,
        help_text=_("Of several rules that take a customer, the one with the lowest place holds."),
    )
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, rule: ProtectionRule | None = None, **kwargs: Any) -> None:
        if rule:
            kwargs["initial"] = {name: getattr(rule, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)

    def rules(self, tree: Group) -> ProtectionRules:
        values = {**self.cleaned_data, "filter": tree}
        del values["version"]
        values["position"] = 100 if values["position"] is None else values["position"]
        return ProtectionRules(**values)


class ProlongForm(forms.Form):
    until = forms.DateField(
        label=_("Until the end of"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)

    @property
    def day(self) -> datetime.date | None:
        found: datetime.date | None = self.cleaned_data["until"]
        return found
