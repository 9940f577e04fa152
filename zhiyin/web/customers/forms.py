"""What people type about customers."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.choices import MOVES, BuyingRole, CustomerKind, FieldType, Stage, Status
from zhiyin.customers.fields import CONTACTS, CORE, Value, registry
from zhiyin.customers.queries import has_assignment_rules, owners
from zhiyin.platform.actors import Actor
from zhiyin.web.customers.own import OwnField
from zhiyin.web.meeting import Meeting

BY_RULES = "rules"
# what a role may see less of, or not change
_RULED = frozenset(each.name for each in (*CORE, *CONTACTS))


@dataclass(frozen=True, slots=True)
class FormSection:
    """Fields that stand together; of ``kind`` when all are of persons, or all of organisations."""

    name: str
    fields: list[forms.BoundField]
    kind: str
    opened: bool


class CustomerForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=CustomerKind.choices, widget=forms.RadioSelect)
    code = forms.CharField(
        label=_("Code"), max_length=64, required=False, help_text=_("Left empty, it gets one of its own.")
    )
    short_name = forms.CharField(label=_("Short name"), max_length=100, required=False)
    status = forms.ChoiceField(label=_("Status"), choices=Status.choices, initial=Status.POTENTIAL)
    stage = forms.ChoiceField(label=_("Lifecycle stage"), choices=[("", "–"), *Stage.choices], required=False)
    owner_id = forms.TypedChoiceField(label=_("Owner"), required=False, empty_value=None)
    country = forms.CharField(label=_("Country"), max_length=64, required=False)
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    source = forms.CharField(label=_("Source"), max_length=64, required=False)
    # asked for where the status changes
    reason = forms.CharField(label=_("Why the status changes"), max_length=200, required=False)

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(each["id"]), str(each["name"])) for each in owners(actor)]
        self.fields["owner_id"].choices = [("", _("Nobody")), *people]  # type: ignore[attr-defined]
        current = str(self.initial.get("owner_id") or "")
        is_new = "custom" not in self.initial
        seen = registry(actor)
        known = [
            each for each in seen if each.editable or (is_new and not each.masked and not each.worked_out)
        ]
        self.own = {each.name: each.own for each in known if each.own and each.type != FieldType.FILE}
        offered = {each.name for each in known} | {each.name for each in seen.contacts if each.editable}
        for name in (_RULED & self.fields.keys()) - offered:
            del self.fields[name]
        kept = self.initial.get("custom")
        for name, own in self.own.items():
            self.initial[name] = own.default or None if kept is None else kept.get(own.key)
            self.fields[name] = OwnField(own, None if kept is None else kept.get(own.key))
        if is_new or "status" not in self.fields:
            del self.fields["reason"]
        elif status := self.initial.get("status"):
            ways = [Status(status), *(each for each in Status if each in MOVES[Status(status)])]
            self.fields["status"].choices = [(each.value, each.label) for each in ways]  # type: ignore[attr-defined]
        if current and current not in dict(people):
            # somebody beyond this actor's reach stays the owner
            self.fields["owner_id"].choices.append((current, self.initial.get("owner_name", "")))  # type: ignore[attr-defined]

    def sections(self) -> list[FormSection]:
        """The company's own fields under the names of their sections."""
        found: dict[str, list[forms.BoundField]] = {}
        for name, own in self.own.items():
            if name in self.fields:
                found.setdefault(own.section, []).append(self[name])
        return [
            FormSection(name, bounds, self._kind(bounds), self._opened(bounds))
            for name, bounds in found.items()
        ]

    def _kind(self, bounds: list[forms.BoundField]) -> str:
        kinds = {self.own[each.name].kind for each in bounds}
        return kinds.pop() if len(kinds) == 1 else ""

    def _opened(self, bounds: list[forms.BoundField]) -> bool:
        """What is to be seen at once: values, what must be filled in, and what is wrong."""
        must = any(own.required or own.required_when for own in (self.own[each.name] for each in bounds))
        return must or any(each.errors or each.value() for each in bounds)

    def is_own(self, name: str) -> bool:
        """Whether it is an own field of customers of this kind."""
        own = self.own.get(name)
        return own is not None and own.kind in ("", self.initial.get("kind"))

    def own_values(self, names: Iterable[str]) -> dict[str, Value]:
        """The values of those ``names`` that are own fields of customers of the chosen kind, by key."""
        kind = self.cleaned_data.get("kind", self.initial.get("kind"))
        return {
            own.key: self.cleaned_data[name]
            for name in names
            if (own := self.own.get(name)) and own.kind in ("", kind)
        }

    def core_values(self, names: Iterable[str]) -> dict[str, Any]:
        """What was typed into those ``names`` that every company has."""
        return {name: self.cleaned_data[name] for name in names if name not in self.own and name != "reason"}

    def clean_owner_id(self) -> Any:
        value = self.cleaned_data["owner_id"]
        return uuid.UUID(value) if value else None


class EditCustomerForm(Meeting, CustomerForm):
    pass


class NewCustomerForm(CustomerForm):
    """The rules of assignment, where there are some, choose the owner for who reaches all records and names none."""

    phone = forms.CharField(label=_("Phone"), max_length=50, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(actor, *args, **kwargs)
        owner = self.fields.get("owner_id")
        if owner and has_assignment_rules():
            owner.choices = [(BY_RULES, _("By the rules of assignment")), *owner.choices]  # type: ignore[attr-defined]
            if actor.scope == "all":
                self.initial["owner_id"] = BY_RULES

    def clean_owner_id(self) -> Any:
        return BY_RULES if self.cleaned_data["owner_id"] == BY_RULES else super().clean_owner_id()


def day_field(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class RelationForm(forms.Form):
    role = forms.ChoiceField(
        label=_("Role in buying"), choices=[("", "–"), *BuyingRole.choices], required=False
    )
    title = forms.CharField(label=_("Job title"), max_length=100, required=False)
    since = day_field(_("Since"))
    until = day_field(_("Until"))


class EditRelationForm(Meeting, RelationForm):
    pass


class RelationTypeForm(forms.Form):
    name = forms.CharField(
        label=_("What the second is to the first"), max_length=60, help_text=_("Such as: parent company.")
    )
    inverse = forms.CharField(
        label=_("What the first is to the second"), max_length=60, help_text=_("Such as: subsidiary.")
    )
    source_kind = forms.ChoiceField(
        label=_("The first is"), choices=[("", _("Anybody")), *CustomerKind.choices], required=False
    )
    target_kind = forms.ChoiceField(
        label=_("The second is"), choices=[("", _("Anybody")), *CustomerKind.choices], required=False
    )
    only_one = forms.BooleanField(label=_("The first has only one such second at a time"), required=False)
    acyclic = forms.BooleanField(label=_("Circles are forbidden"), required=False)
    rolls_up = forms.BooleanField(
        label=_("Add up orders, spend and value of all firsts at the second"), required=False
    )
    has_role = forms.BooleanField(label=_("With role in buying and job title"), required=False)


class EditRelationTypeForm(Meeting, RelationTypeForm):
    pass


class NoteForm(Meeting):
    body = forms.CharField(label=_("Note"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 8}))
