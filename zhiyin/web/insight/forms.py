"""The company's numbers for the analysis, rates in percent."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.analytics.choices import TimeUnit
from zhiyin.analytics.models import InsightSettings
from zhiyin.analytics.queries import SCORES, segmentations
from zhiyin.web.meeting import Meeting

HUNDRED = Decimal(100)
RATES = ("discount_rate", "margin_rate")


class Thresholds(forms.CharField):
    """Four numbers, separated by blanks, commas or semicolons; nothing means quintiles."""

    def to_python(self, value: Any) -> list[float]:  # type: ignore[override]
        words = [word for word in re.split(r"[\s,;，；、]+", str(value or "")) if word]
        try:
            return [float(word) for word in words]
        except ValueError as error:
            raise forms.ValidationError(_("Write numbers, separated by blanks.")) from error

    def prepare_value(self, value: Any) -> Any:
        return " ".join(f"{each:g}" for each in value) if isinstance(value, list) else value


class SettingsForm(Meeting):
    unit = forms.ChoiceField(
        label=_("Time unit of the models"),
        choices=TimeUnit.choices,
        help_text=_("A week suits most shops; a day suits groceries, a month or quarter costly things."),
    )
    horizon_months = forms.IntegerField(
        label=_("Months ahead that are valued"), help_text=_("What a customer buys in this time counts.")
    )
    segment_by = forms.ChoiceField(
        label=_("Models apart for each"),
        required=False,
        help_text=_(
            "Kind of customer, or an own field with choices that everybody may see. Groups too small for a model of their own are predicted by that of all."
        ),
    )
    discount_rate = forms.DecimalField(
        label=_("Discount rate a year, %"),
        max_digits=6,
        decimal_places=2,
        help_text=_("How much less a yuan in a year is worth than one today."),
    )
    margin_rate = forms.DecimalField(
        label=_("Margin where no cost is known, %"),
        max_digits=6,
        decimal_places=2,
        help_text=_("Share of a sale that is left after the cost of the goods."),
    )
    loyal_orders = forms.IntegerField(
        label=_("Loyal from so many purchases"), help_text=_("Purchases on one day count once.")
    )
    lost_after_days = forms.IntegerField(
        label=_("Lost after so many days without a purchase"),
        help_text=_("Who buys again after this time is won back."),
    )
    recency = Thresholds(
        label=_("Recency: four limits in days"),
        required=False,
        help_text=_("Such as 30 90 180 365: up to 30 days scores 5. Left empty, fifths of the customers."),
    )
    frequency = Thresholds(
        label=_("Frequency: four limits in purchases"),
        required=False,
        help_text=_("Such as 2 3 5 10: 10 and more score 5. Left empty, fifths of the customers."),
    )
    monetary = Thresholds(
        label=_("Money: four limits"),
        required=False,
        help_text=_("Such as 200 1000 3000 10000. Left empty, fifths of the customers."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [(each.key, each.label) for each in segmentations()]
        self.fields["segment_by"].choices = [("", _("Kind of customer")), *own]  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(settings: InsightSettings) -> dict[str, Any]:
        """The settings as the form shows them."""
        plain = ("unit", "horizon_months", "loyal_orders", "lost_after_days", "segment_by")
        shown: dict[str, Any] = {name: getattr(settings, name) for name in plain}
        shown |= {name: (getattr(settings, name) * HUNDRED).normalize() for name in RATES}
        shown = {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in shown.items()}
        return shown | {name: settings.scores.get(name, []) for name in SCORES}

    def arguments(self) -> dict[str, Any]:
        """What ``change_settings`` takes."""
        clean = dict(self.cleaned_data)
        scores = {name: clean.pop(name) for name in SCORES}
        return clean | {name: clean[name] / HUNDRED for name in RATES} | {"scores": scores}
