"""What people type about opportunities."""

import uuid
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from zhiyin.customers.queries import customer_by_code, owners
from zhiyin.platform.actors import Actor
from zhiyin.sales.access import stages
from zhiyin.sales.choices import Category, Channel, Horizon, StageKind
from zhiyin.sales.queries import close_reasons
from zhiyin.web.activities.forms import Day
from zhiyin.web.customers.own import LinkInput
from zhiyin.web.meeting import Meeting


class OpportunityForm(forms.Form):
    """An opportunity; its customer is typed as a code, which choosing one of those found fills in."""

    name = forms.CharField(label=later("Name"), max_length=200)
    customer = forms.CharField(
        label=later("Customer"),
        max_length=200,
        required=False,
        widget=LinkInput(reverse_lazy("sales:opportunity_buyers"), attrs={"autocomplete": "off"}),
    )
    amount = forms.DecimalField(
        label=later("Amount"), required=False, min_value=0, max_digits=19, decimal_places=4
    )
    discount = forms.DecimalField(
        label=later("Discount"),
        required=False,
        min_value=0,
        max_digits=19,
        decimal_places=4,
        help_text=later("What was taken off; the amount is what is left."),
    )
    currency = forms.CharField(label=later("Currency"), required=False, max_length=3)
    expected_on = forms.DateField(label=later("Expected close"), required=False, widget=Day())
    probability = forms.IntegerField(
        label=later("Probability, percent"),
        required=False,
        min_value=0,
        max_value=100,
        help_text=later("Left empty, that of its stage holds."),
    )
    category = forms.ChoiceField(
        label=later("In the forecast"), choices=Category.choices, initial=Category.PIPELINE
    )
    horizon = forms.ChoiceField(
        label=later("Buying horizon"), required=False, choices=[("", "–"), *Horizon.choices]
    )
    channel = forms.ChoiceField(
        label=later("Sold by way of"), choices=Channel.choices, initial=Channel.DIRECT
    )
    source = forms.CharField(label=later("Source"), max_length=100, required=False)
    campaign = forms.CharField(label=later("Campaign"), max_length=100, required=False)
    next_step = forms.CharField(label=later("Next step"), max_length=200, required=False)
    next_on = forms.DateField(label=later("By when"), required=False, widget=Day())
    owner_id = forms.TypedChoiceField(
        label=later("Owner"), coerce=uuid.UUID, required=False, empty_value=None
    )
    details = forms.CharField(
        label=later("Details"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        self.actor = actor
        super().__init__(*args, **kwargs)
        people = [("", "–"), *((str(each["id"]), str(each["name"])) for each in owners(actor))]
        current = str(self.initial.get("owner_id") or "")
        if current and current not in dict(people):
            people.append((current, str(self.initial.get("owner_name", ""))))
        self.fields["owner_id"].choices = people  # type: ignore[attr-defined]

    def clean_customer(self) -> uuid.UUID | None:
        code: str = self.cleaned_data["customer"].strip()
        if not code:
            return None
        if code == self.initial.get("customer"):
            return self.initial.get("customer_id")
        found = customer_by_code(self.actor, code)
        if found is None:
            raise forms.ValidationError(
                _("There is no such customer. Choose one of those found, or type a code.")
            )
        return found.pk

    def values(self, names: list[str]) -> dict[str, Any]:
        """What was typed, as actions take it."""
        said = {name: self.cleaned_data[name] for name in names}
        if "customer" in said:
            said["customer_id"] = said.pop("customer")
        return said


class NewOpportunityForm(OpportunityForm):
    """A new one begins in an open stage."""

    stage_id = forms.TypedChoiceField(
        label=later("Stage"), coerce=uuid.UUID, required=False, empty_value=None
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(actor, *args, **kwargs)
        found = list(stages().filter(kind=StageKind.OPEN))
        several = len({each.pipeline_id for each in found}) > 1
        named = [(str(each.pk), f"{each.pipeline.name}: {each}" if several else str(each)) for each in found]
        if named:
            self.fields["stage_id"].choices = named  # type: ignore[attr-defined]
        else:
            del self.fields["stage_id"]


class EditOpportunityForm(Meeting, OpportunityForm):
    pass


class ClosingForm(forms.Form):
    """Why an opportunity was won or lost, and when."""

    reason_id = forms.TypedChoiceField(
        label=later("Reason"), coerce=uuid.UUID, required=False, empty_value=None
    )
    text = forms.CharField(label=later("In words"), max_length=500, required=False)
    on = forms.DateField(
        label=later("Closed on"), required=False, widget=Day(), help_text=later("Left empty, today.")
    )

    def __init__(self, kind: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = [each for each in close_reasons() if each.kind == kind]
        if reasons:
            named = [("", "–"), *((str(each.pk), each.name) for each in reasons)]
            self.fields["reason_id"].choices = named  # type: ignore[attr-defined]
        else:
            del self.fields["reason_id"]
