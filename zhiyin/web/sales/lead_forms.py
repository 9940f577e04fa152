"""What people type about leads."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.access import closed
from zhiyin.customers.queries import owners
from zhiyin.platform.actors import Actor
from zhiyin.sales.choices import LeadOrigin
from zhiyin.web.meeting import Meeting


class LeadForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    company = forms.CharField(label=_("Company"), max_length=200, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=100, required=False)
    email = forms.CharField(label=_("E-mail"), max_length=100, required=False)
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    origin = forms.ChoiceField(label=_("Came by way of"), choices=LeadOrigin.choices, initial=LeadOrigin.HAND)
    source = forms.CharField(label=_("Source"), max_length=100, required=False)
    campaign = forms.CharField(label=_("Campaign"), max_length=100, required=False)
    owner_id = forms.TypedChoiceField(label=_("Owner"), coerce=uuid.UUID, required=False, empty_value=None)
    details = forms.CharField(
        label=_("What they want"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [("", "–"), *((str(each["id"]), str(each["name"])) for each in owners(actor))]
        current = str(self.initial.get("owner_id") or "")
        if current and current not in dict(people):
            people.append((current, str(self.initial.get("owner_name", ""))))
        self.fields["owner_id"].choices = people  # type: ignore[attr-defined]


class EditLeadForm(Meeting, LeadForm):
    """Without the ways to reach somebody that this actor does not see."""

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(actor, *args, **kwargs)
        for name in closed(actor) & {"phone", "email"}:
            del self.fields[name]


class ConversionForm(forms.Form):
    """What a lead becomes: ``customer_id`` of the button pressed, none for a new one."""

    customer_id = forms.UUIDField(required=False, widget=forms.HiddenInput())
    deal = forms.CharField(
        label=_("Opportunity"),
        max_length=200,
        required=False,
        help_text=_("Left empty, there will be none."),
    )
    amount = forms.DecimalField(
        label=_("Amount"), required=False, min_value=0, max_digits=19, decimal_places=4
    )
