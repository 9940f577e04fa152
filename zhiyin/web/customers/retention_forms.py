"""What people type about retention."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import queries
from zhiyin.customers.actions import RetentionRules
from zhiyin.customers.choices import RetentionSince
from zhiyin.customers.filters import Group
from zhiyin.customers.models import RetentionRule


class RetentionRuleForm(forms.Form):
    """A rule; ``version`` is the one that the form was filled in with."""

    name = forms.CharField(label=_("Name"), max_length=100)
    purpose_id = forms.ChoiceField(
        label=_("Kept for"), required=False, help_text=_("Stands beside the fields that the rule is about.")
    )
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=36_500, initial=1095)
    since = forms.ChoiceField(
        label=_("Counted from"),
        choices=RetentionSince.choices,
        help_text=_(
            "A contact is a follow-up or an order. The relationship ends when a customer is lost or no customer any more."
        ),
    )
    areas = forms.MultipleChoiceField(label=_("What is cleared"), widget=forms.CheckboxSelectMultiple)
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, rule: RetentionRule | None = None, **kwargs: Any) -> None:
        if rule:
            kwargs["initial"] = {name: getattr(rule, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        purposes = [each for each in queries.purposes() if not each.archived_at]
        self.fields["purpose_id"].choices = [("", "–")] + [  # type: ignore[attr-defined]
            (str(each.pk), str(each.label)) for each in purposes
        ]
        self.groups = queries.grouped_areas()
        self.fields["areas"].choices = [each for _label, some in self.groups for each in some]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> set[str]:
        return set(self["areas"].value() or ())

    def rules(self, tree: Group) -> RetentionRules:
        given = self.cleaned_data
        purpose = given["purpose_id"]
        return RetentionRules(
            name=given["name"],
            areas=tuple(given["areas"]),
            since=given["since"],
            days=given["days"],
            purpose_id=uuid.UUID(purpose) if purpose else None,
            filter=tree,
        )


class HoldForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500)
