"""What people type to share a customer."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import queries
from zhiyin.customers.actions import Sharing
from zhiyin.platform.errors import Invalid


class UnshareForm(forms.Form):
    recipient = forms.ChoiceField(label=_("With whom"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["recipient"].choices = [("", _("Everybody")), *_recipients()]  # type: ignore[attr-defined]


def recipient_of(chosen: str) -> Sharing | None:
    """Whom a form names, if anybody. Raises ``Invalid``."""
    kind, _colon, key = chosen.partition(":")
    if not chosen:
        return None
    try:
        found = uuid.UUID(key)
    except ValueError as error:
        raise Invalid(field="recipient") from error
    return Sharing(member_id=found) if kind == "member" else Sharing(unit_id=found)


def _recipients() -> list[tuple[Any, Any]]:
    people = [(f"member:{row['id']}", f"{row['name']} · {row['unit__name']}") for row in queries.colleagues()]
    units = [(f"unit:{row['id']}", str(row["name"])) for row in queries.all_units()]
    return [(_("People"), people), (_("Units"), units)]


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
    part = forms.CharField(
        label=_("Part in the team"),
        max_length=60,
        required=False,
        help_text=_("Such as technician: makes this person one of the customer's team."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["recipient"].choices = [("", "–"), *_recipients()]  # type: ignore[attr-defined]

    def sharing(self) -> Sharing:
        kind, _colon, key = self.cleaned_data["recipient"].partition(":")
        return Sharing(
            **{f"{kind}_id": uuid.UUID(key)},
            may_write=self.cleaned_data["may_write"] == "yes",
            until=self.cleaned_data["until"],
            reason=self.cleaned_data["reason"],
            part=self.cleaned_data["part"],
        )
