"""What administrators say about the company's own fields."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.queries import names_of_roles
from zhiyin.customers.actions import FieldRules
from zhiyin.customers.choices import CustomerKind, FieldType
from zhiyin.customers.fields import links
from zhiyin.customers.fields.formulas import RESULTS
from zhiyin.platform.actors import Actor
from zhiyin.web.customers.own import Boxes
from zhiyin.web.meeting import Meeting

BOUNDED = (FieldType.TEXT, FieldType.LONG_TEXT, FieldType.NUMBER, FieldType.MONEY, FieldType.DATE)
NO_FILE = tuple(each for each in FieldType if each != FieldType.FILE)
# what only some types have a use for
USED_BY = {
    "options": (FieldType.CHOICE, FieldType.CHOICES, FieldType.FILE),
    "least": BOUNDED,
    "most": (*BOUNDED, FieldType.FILE),
    "required": NO_FILE,
    "required_when": NO_FILE,
    "default": NO_FILE,
    "pattern": (FieldType.TEXT,),
    "formula": RESULTS,
    "searchable": (FieldType.TEXT, FieldType.NUMBER),
}


_TEXTS = ("label", "section", "kind", "least", "most", "pattern", "required_when", "formula")


class FieldForm(forms.Form):
    label = forms.CharField(label=_("Name"), max_length=60)
    section = forms.CharField(
        label=_("Section"),
        max_length=60,
        required=False,
        help_text=_("Fields of one section stand together, such as: education."),
    )
    kind = forms.ChoiceField(
        label=_("Applies to"), choices=[("", _("Anybody")), *CustomerKind.choices], required=False
    )
    required = forms.BooleanField(label=_("Must be filled in"), required=False)
    searchable = forms.BooleanField(
        label=_("A code: the search box finds it"),
        required=False,
        help_text=_("As a whole, such as the number of a contract or of a member's card."),
    )
    options = forms.CharField(
        label=_("Choices, one a line"),
        required=False,
        help_text=_("Of files the endings that are let in, such as: pdf."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    least = forms.CharField(
        label=_("At least"), max_length=20, required=False, help_text=_("Of text, the number of characters.")
    )
    most = forms.CharField(
        label=_("At most"), max_length=20, required=False, help_text=_("Of files, megabytes.")
    )
    pattern = forms.CharField(
        label=_("Regular expression that the whole text fits"), max_length=200, required=False
    )
    required_when = forms.CharField(
        label=_("Must be filled in when"),
        max_length=500,
        required=False,
        help_text=_('A condition over other fields, such as: kind = "organisation" and empty(website)'),
    )
    formula = forms.CharField(
        label=_("Formula"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("Then nobody types values, they follow from other fields, such as: credit_limit * 0.8"),
    )
    default = forms.CharField(label=_("Default"), max_length=200, required=False)
    hint = forms.CharField(
        label=_("Hint"), max_length=200, required=False, help_text=_("Stands below the field.")
    )
    roles = forms.CharField(
        label=_("Only these roles see it"), required=False, help_text=_("None ticked: everybody.")
    )

    def __init__(self, actor: Actor, *args: Any, type: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(key), name) for key, name in names_of_roles(actor=actor)]
        self.fields["roles"].widget = Boxes(choices=choices)
        for name, types in USED_BY.items():
            if type and type not in types:
                del self.fields[name]
            else:
                self.fields[name].widget.attrs["data-types"] = " ".join(types)

    def rules(self) -> FieldRules:
        data = self.cleaned_data
        return FieldRules(
            **{name: data.get(name, "") for name in _TEXTS},
            required=data.get("required", False),
            searchable=data.get("searchable", False),
            target=data.get("target", ""),
            options=tuple(data.get("options", "").splitlines()),
            default=data.get("default", ""),
            hint=data["hint"],
            roles=tuple(uuid.UUID(each) for each in data["roles"].split()),
        )

    def clean_roles(self) -> str:
        chosen: str = self.cleaned_data["roles"]
        try:
            return "\n".join(str(uuid.UUID(each)) for each in chosen.split())
        except ValueError as error:
            raise forms.ValidationError(_("This is not one of the choices.")) from error


class NewFieldForm(FieldForm):
    type = forms.ChoiceField(label=_("Type"), choices=FieldType.choices)
    target = forms.ChoiceField(label=_("Leads to"), required=False)
    key = forms.CharField(
        label=_("Key"),
        max_length=40,
        required=False,
        help_text=_("For programs. Left empty, it is made of the name."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        target = self.fields["target"]
        target.choices = [(each.code, each.label) for each in links.targets().values()]  # type: ignore[attr-defined]
        target.widget.attrs["data-types"] = FieldType.LINK


class EditFieldForm(Meeting, FieldForm):
    pass
