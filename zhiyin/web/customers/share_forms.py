"""What people type to share a customer."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import queries
from zhiyin.customers.actions import Sharing


class ShareForm(forms.Form):
    recipient = forms.ChoiceField(label=_("With whom"))
    may_write = forms.ChoiceField(
        label=_("May"), choices=[("no", _("Read")), ("yes", _("Read and change"))], initial="no"
    )
    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Left empty: until it is ended."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [
            (f"member:{row['id']}", f"{row['name']} · {row['unit__name']}") for row in queries.colleagues()
        ]
        units = [(f"unit:{row['id']}", str(row["name"])) for row in queries.all_units()]
        choices = [("", "–"), (_("People"), people), (_("Units"), units)]
        self.fields["recipient"].choices = choices  # type: ignore[attr-defined]

    def sharing(self) -> Sharing:
        kind, _colon, key = self.cleaned_data["recipient"].partition(":")
        return Sharing(
            **{f"{kind}_id": uuid.UUID(key)},
            may_write=self.cleaned_data["may_write"] == "yes",
            until=self.cleaned_data["until"],
            reason=self.cleaned_data["reason"],
        )
