"""What people type about consent."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.actions import Answer
from zhiyin.customers.choices import ConsentAnswer, ConsentChannel, ConsentSource, LegalBasis
from zhiyin.customers.models import Purpose
from zhiyin.web.meeting import Meeting

ANY = "all"


class ConsentForm(forms.Form):
    purpose = forms.ChoiceField(label=_("For what"))
    answer = forms.ChoiceField(label=_("Answer"), choices=ConsentAnswer.choices, widget=forms.RadioSelect)
    channels = forms.MultipleChoiceField(
        label=_("By which way"),
        choices=ConsentChannel.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("None ticked: by every way."),
    )
    source = forms.ChoiceField(label=_("Where it was said"), choices=ConsentSource.choices)
    answered_on = forms.DateField(
        label=_("On which day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Left empty: now."),
    )
    wording = forms.CharField(
        label=_("What was asked"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Left empty: as the purpose has it."),
    )
    proof = forms.CharField(
        label=_("Evidence"),
        max_length=500,
        required=False,
        help_text=_("Where it is kept: a form's number, a recording, a link."),
    )

    def __init__(self, purposes: list[Purpose], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(str(each.pk), str(each.label)) for each in purposes if not each.archived_at]
        self.fields["purpose"].choices = [*offered, (ANY, _("Any contact at all"))]  # type: ignore[attr-defined]

    def clean_purpose(self) -> uuid.UUID | None:
        value = self.cleaned_data["purpose"]
        return None if value == ANY else uuid.UUID(value)

    def said(self) -> Answer:
        """The answer, all of the form but its purpose."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "purpose"}
        return Answer(**values)


class PurposeForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60)
    basis = forms.ChoiceField(
        label=_("Legal basis"),
        choices=LegalBasis.choices,
        help_text=_(
            "With consent nobody is contacted who did not say yes; with any other, whoever did not say no."
        ),
    )
    wording = forms.CharField(
        label=_("What people are asked"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Kept with each answer, as it was at that moment."),
    )


class EditPurposeForm(Meeting, PurposeForm):
    pass
