"""What people type about a request of somebody about the own data."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.actions import RequestRules
from zhiyin.customers.choices import ConsentSource, RequestKind, RequestState
from zhiyin.customers.models import Purpose

ANY_CONTACT = "all"


class RequestForm(forms.Form):
    kind = forms.ChoiceField(label=_("What is asked"), choices=RequestKind.choices)
    purpose = forms.ChoiceField(
        label=_("Against which use"),
        required=False,
        help_text=_("Of an objection only; it stands in the consent ledger at once."),
    )
    received_on = forms.DateField(
        label=_("Received on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    source = forms.ChoiceField(
        label=_("How it came"),
        choices=[each for each in ConsentSource.choices if each[0] != ConsentSource.IMPORT],
        initial=ConsentSource.MESSAGE,
    )
    requester = forms.CharField(
        label=_("Who asks"),
        max_length=200,
        required=False,
        help_text=_("Left empty: the customer. Else who, and how you know that they may."),
    )
    note = forms.CharField(
        label=_("In their words"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, purposes: Iterable[Purpose], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(str(each.pk), str(each.label)) for each in purposes if not each.archived_at]
        self.fields["purpose"].choices = [(ANY_CONTACT, _("Any contact at all")), *offered]  # type: ignore[attr-defined]

    def rules(self) -> RequestRules:
        given = dict(self.cleaned_data)
        purpose = given.pop("purpose")
        against = given["kind"] == RequestKind.OBJECTION and purpose not in ("", ANY_CONTACT)
        return RequestRules(**given, purpose_id=uuid.UUID(purpose) if against else None)


class HandlingForm(forms.Form):
    handler = forms.TypedChoiceField(
        label=_("Who answers"), required=False, coerce=uuid.UUID, empty_value=None
    )
    due_on = forms.DateField(
        label=_("Answer until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(
        label=_("In their words"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, people: Sequence[Mapping[str, Any]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(str(each["id"]), f"{each['name']} · {each['unit__name']}") for each in people]
        self.fields["handler"].choices = [("", _("Nobody yet")), *names]  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    state = forms.ChoiceField(
        label=_("Result"), choices=[each for each in RequestState.choices if each[0] != RequestState.OPEN]
    )
    answer = forms.CharField(
        label=_("What was answered"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Who refuses says why."),
    )
