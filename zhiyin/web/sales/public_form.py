"""What a stranger fills in, and what keeps programs that fill in everything from it.

No puzzle: a field that people do not see must stay empty, the page must have been open for a moment, and a network sends
so many in an hour. Whoever is stopped is told, and nothing that was typed is lost.
"""

import datetime
from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from zhiyin.accounts.throttle import Limit
from zhiyin.sales.choices import LeadField
from zhiyin.sales.models import LeadForm

SALT = "zhiyin.sales.public_form"
SOONEST, LATEST = datetime.timedelta(seconds=2), datetime.timedelta(days=1)
LIMITS = (Limit(20, datetime.timedelta(hours=1)), Limit(100, datetime.timedelta(days=1)))


def stamp(form: LeadForm, now: datetime.datetime) -> str:
    """When a page with the form was made, so that nobody can say another time."""
    return signing.dumps([str(form.pk), now.timestamp()], salt=SALT)


class PublicForm(forms.Form):
    name = forms.CharField(label=later("Your name"), max_length=200)
    company = forms.CharField(label=LeadField.COMPANY.label, max_length=200, required=False)
    phone = forms.CharField(
        label=LeadField.PHONE.label,
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    email = forms.CharField(
        label=LeadField.EMAIL.label,
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "email"}),
    )
    city = forms.CharField(label=LeadField.CITY.label, max_length=100, required=False)
    details = forms.CharField(
        label=later("What can we do for you?"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    agreed = forms.BooleanField(required=False)
    website = forms.CharField(
        label=later("Leave this empty"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    stamp = forms.CharField(max_length=500, required=False, widget=forms.HiddenInput)

    def __init__(self, kept: LeadForm, now: datetime.datetime, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept, self.now = kept, now
        for name in set(LeadField.values) - set(kept.fields):
            del self.fields[name]
        if kept.consent:
            self.fields["agreed"].label = kept.consent
        else:
            del self.fields["agreed"]

    def clean_website(self) -> str:
        text: str = self.cleaned_data["website"]
        if text:
            raise forms.ValidationError(_("Please leave this field empty."))
        return text

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self._was_open():
            raise forms.ValidationError(_("Please look it over and send it."))
        return cleaned

    def fresh_stamp(self) -> str:
        return stamp(self.kept, self.now)

    def _was_open(self) -> bool:
        """Whether a person may have filled in the page; what other pages post has no stamp and is looked over here."""
        try:
            form, made = signing.loads(self.cleaned_data.get("stamp", ""), salt=SALT, max_age=LATEST)
        except signing.BadSignature:
            return False
        return bool(form == str(self.kept.pk) and self.now.timestamp() - made >= SOONEST.total_seconds())
