"""What people type about rules of assignment."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import queries
from zhiyin.customers.actions import AssignmentRules, Turn
from zhiyin.customers.choices import AssignmentTarget
from zhiyin.customers.filters import Group
from zhiyin.customers.models import AssignmentRule
from zhiyin.platform.actors import Actor


@dataclass(frozen=True, slots=True)
class Person:
    """A row of the form: somebody who may get customers."""

    name: str
    unit: str
    weight: forms.BoundField
    most: forms.BoundField


class AssignmentRuleForm(forms.Form):
    """A rule; ``version`` is the one that the form was filled in with. Who has a weight takes part."""

    name = forms.CharField(label=_("Name"), max_length=100)
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=200,
        help_text=_("Kept with each assignment and shown on the customer's timeline. Left empty: the name."),
    )
    target = forms.ChoiceField(
        label=_("Give them to"), choices=AssignmentTarget.choices, initial=AssignmentTarget.MEMBERS,
        widget=forms.RadioSelect,
    )  # fmt: skip
    unit = forms.TypedChoiceField(label=_("Unit"), required=False, coerce=uuid.UUID, empty_value=None)
    pool = forms.TypedChoiceField(label=_("Pool"), required=False, coerce=uuid.UUID, empty_value=None)
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, actor: Actor, *args: Any, rule: AssignmentRule | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.members = queries.owners(actor)
        if rule:
            self.initial = {name: getattr(rule, name) for name in ("name", "reason", "target", "version")}
            self.initial |= {"unit": rule.unit_id, "pool": rule.pool_id}
        held = {turn.member_id: turn for turn in rule.turns.all()} if rule else {}
        # who takes part comes first, in turn
        self.members.sort(key=lambda each: held[each["id"]].place if each["id"] in held else len(held))  # type: ignore[index]
        _offer(self.fields["unit"], queries.units(actor))
        _offer(
            self.fields["pool"], ({"id": each.pk, "name": each.name} for each, _count in queries.pools(actor))
        )
        for each in self.members:
            turn = held.get(each["id"])  # type: ignore[call-overload]
            self.fields[f"weight_{each['id']}"] = _number_field(100, turn and turn.weight)
            self.fields[f"most_{each['id']}"] = _number_field(10_000_000, turn and turn.most)

    @property
    def people(self) -> list[Person]:
        return [
            Person(
                str(each["name"]),
                str(each["unit__name"]),
                self[f"weight_{each['id']}"],
                self[f"most_{each['id']}"],
            )
            for each in self.members
        ]

    def rules(self, tree: Group) -> AssignmentRules:
        given = self.cleaned_data
        people = tuple(
            Turn(uuid.UUID(str(each["id"])), weight, given[f"most_{each['id']}"])
            for each in self.members
            if (weight := given[f"weight_{each['id']}"])
        )
        named = {name: given[name] for name in ("name", "reason", "target", "unit", "pool")}
        return AssignmentRules(**named, people=people, filter=tree)


def _offer(field: forms.Field, rows: Iterable[Mapping[str, object]]) -> None:
    field.choices = [("", "–"), *((str(each["id"]), str(each["name"])) for each in rows)]  # type: ignore[attr-defined]


def _number_field(most: int, initial: int | None) -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=1, max_value=most, initial=initial)
