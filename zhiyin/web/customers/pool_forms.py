"""What people type about pools."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import queries
from zhiyin.customers.actions import PoolRules
from zhiyin.customers.choices import CustomerKind
from zhiyin.customers.filters import Group
from zhiyin.customers.models import Pool


class PoolForm(forms.Form):
    """A pool's rules; ``version`` is the one that the form was filled in with."""

    name = forms.CharField(label=_("Name"), max_length=100)
    units = forms.MultipleChoiceField(
        label=_("Units"), required=False, help_text=_("With those below them. Nobody named: all may claim.")
    )
    roles = forms.MultipleChoiceField(label=_("Roles"), required=False)
    members = forms.MultipleChoiceField(label=_("People"), required=False)
    daily_limit = forms.IntegerField(
        label=_("A day at most"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=_("How many one person may claim. Left empty: any number."),
    )
    held_limit = forms.IntegerField(
        label=_("At one time at most"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=_("How many of this pool one person may have. Left empty: any number."),
    )
    cooling_days = forms.IntegerField(
        label=_("Days of waiting for the former owner"), min_value=0, max_value=3650, initial=30
    )
    position = forms.IntegerField(
        label=_("Place in the order"),
        required=False,
        min_value=0,
        max_value=1_000_000,
        initial=100,
        help_text=_("Of several pools that take a customer, the one with the lowest place gets it."),
    )
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, pool: Pool | None = None, **kwargs: Any) -> None:
        if pool:
            kwargs["initial"] = {name: getattr(pool, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        for name, choices in queries.pool_parties().items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def rules(self, tree: Group) -> PoolRules:
        values = {**self.cleaned_data, "filter": tree}
        values["position"] = 100 if values["position"] is None else values["position"]
        del values["version"]
        for name in ("units", "roles", "members"):
            values[name] = tuple(uuid.UUID(key) for key in values[name])
        return PoolRules(**values)


class PoolFilterForm(forms.Form):
    """The filters of the customers of a pool."""

    text = forms.CharField(label=_("Name or code"), max_length=100, required=False)
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[("", _("All kinds")), *CustomerKind.choices], required=False
    )
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    source = forms.CharField(label=_("Source"), max_length=64, required=False)


class ReturnForm(forms.Form):
    pool = forms.ChoiceField(label=_("Pool"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pools = [(str(each.pk), each.name) for each in queries.open_pools()]
        right = ("", _("The one whose filter takes each of them"))
        self.fields["pool"].choices = [right, *self.pools]  # type: ignore[attr-defined]
