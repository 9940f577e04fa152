"""What people type about how a customer is reached."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.actions import ADDRESS_PARTS, CONTACT_DETAILS
from zhiyin.customers.choices import ContactCheck, ContactKind
from zhiyin.web.customers.forms import day_field
from zhiyin.web.meeting import Meeting


class ContactForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=ContactKind.choices)
    value = forms.CharField(label=_("Number or name"), max_length=400, required=False)
    label = forms.CharField(
        label=_("Label"), max_length=50, required=False, help_text=_("Such as: work, home, their mother's.")
    )
    is_primary = forms.BooleanField(label=_("Use this one first"), required=False)
    verified_how = forms.ChoiceField(
        label=_("Verified by"), choices=[("", _("not verified")), *ContactCheck.choices], required=False
    )
    verified_on = day_field(_("Verified on"))
    valid_until = day_field(_("Valid until"))
    country = forms.CharField(label=_("Country"), max_length=200, required=False)
    province = forms.CharField(label=_("Province"), max_length=200, required=False)
    city = forms.CharField(label=_("City"), max_length=200, required=False)
    district = forms.CharField(label=_("County or district"), max_length=200, required=False)
    township = forms.CharField(label=_("Township or street office"), max_length=200, required=False)
    street = forms.CharField(label=_("Street and number"), max_length=400, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for level in ("province", "city", "district", "township"):
            self.fields[level].widget.attrs["data-division"] = level

    def values(self) -> dict[str, Any]:
        """As the actions want it: the parts of an address apart."""
        data = self.cleaned_data
        is_address = data["kind"] == ContactKind.ADDRESS
        return {
            "value": "" if is_address else data["value"],
            "parts": {name: data[name] for name in ADDRESS_PARTS} if is_address else None,
            **{name: data[name] for name in CONTACT_DETAILS},
        }


class EditContactForm(Meeting, ContactForm):
    pass
