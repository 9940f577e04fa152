"""What people choose to hand over what a member has."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.handover import Plan, Taker
from zhiyin.accounts.queries import Holder
from zhiyin.customers import queries
from zhiyin.customers.filters import Group
from zhiyin.platform.actors import Actor

PLACES = [
    ("people", _("To people")),
    ("unit", _("Into a unit, without an owner")),
    ("pool", _("Into a pool")),
]


@dataclass(frozen=True, slots=True)
class Line:
    """One who could get something: what he has already, and what was chosen for him."""

    id: str
    name: str
    unit: str
    has: int
    chosen: bool
    weight: str


class HandoverForm(forms.Form):
    parts = forms.MultipleChoiceField(label=_("What goes"), widget=forms.CheckboxSelectMultiple)
    place = forms.ChoiceField(
        label=_("Where the customers go"), choices=PLACES, widget=forms.RadioSelect, initial="people"
    )
    unit = forms.ChoiceField(label=_("Unit"), required=False)
    pool = forms.ChoiceField(label=_("Pool"), required=False)
    reason = forms.CharField(
        label=_("Reason"), max_length=200, required=False, help_text=_("Kept with the hand-over.")
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, actor: Actor, holder: Holder, parts: Mapping[str, object], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        counts = {code: holder.counts.get(code, 0) for code in parts}
        self.fields["parts"].choices = [  # type: ignore[attr-defined]
            (code, f"{label} ({counts[code]})") for code, label in parts.items() if counts[code]
        ]
        self.initial.setdefault("parts", [code for code, count in counts.items() if count])
        units = [(str(each["id"]), str(each["name"])) for each in queries.units(actor)]
        self.fields["unit"].choices = [("", "–"), *units]  # type: ignore[attr-defined]
        pools = [(str(each.pk), each.name) for each in queries.open_pools()]
        fitting = ("", _("The one whose filter takes each of them"))
        self.fields["pool"].choices = [fitting, *pools]  # type: ignore[attr-defined]
        if not pools:
            self.fields["place"].choices = PLACES[:2]  # type: ignore[attr-defined]
        self.has_pools, self.own_unit = bool(pools), holder.member.unit.name

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("place") == "unit" and not found.get("unit"):
            self.add_error("unit", _("Choose a unit."))
        return found

    def lines(self, people: Sequence[Mapping[str, object]], has: Mapping[uuid.UUID, int]) -> list[Line]:
        """Those who could get something: whom the form names, then who is in the same unit, then all others."""
        chosen = set(self._people())
        made = [
            Line(
                id=(key := str(each["id"])),
                name=str(each["name"]),
                unit=str(each["unit__name"]),
                has=has.get(uuid.UUID(key), 0),
                chosen=key in chosen,
                weight=self.data.get(f"weight_{key}", "1") if self.is_bound else "1",
            )
            for each in people
        ]
        return sorted(made, key=lambda line: (not line.chosen, line.unit != self.own_unit))

    def _people(self) -> list[str]:
        return list(dict.fromkeys(self.data.getlist("people"))) if isinstance(self.data, QueryDict) else []

    def plan(self, tree: Group) -> Plan:
        """Raises ``ValueError`` for weights that are none."""
        data = self.cleaned_data
        place = data["place"]
        people = tuple(
            Taker(member_id=uuid.UUID(key), weight=int(self.data.get(f"weight_{key}") or 1))
            for key in self._people()
        )
        return Plan(
            parts=tuple(data["parts"]),
            people=people,
            unit_id=uuid.UUID(data["unit"]) if place == "unit" and data["unit"] else None,
            into_pool=place == "pool",
            pool_id=uuid.UUID(data["pool"]) if place == "pool" and data["pool"] else None,
            filter=tree.model_dump(mode="json", exclude_defaults=True) if tree.of else {},
            reason=data["reason"],
        )
