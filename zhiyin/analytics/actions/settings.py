"""A company's own numbers for the analysis."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext_lazy as _

from zhiyin.analytics.choices import TimeUnit
from zhiyin.analytics.events import InsightSettingsChanged
from zhiyin.analytics.models import InsightSettings
from zhiyin.analytics.queries import SCORES, insight_settings, segmentations
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid
from zhiyin.platform.record import record
from zhiyin.platform.versions import require_seen

CUTS = 4
_RANGES: dict[str, tuple[Decimal | int, Decimal | int]] = {
    "horizon_months": (1, 60),
    "discount_rate": (Decimal(0), Decimal(1)),
    "margin_rate": (Decimal(0), Decimal(1)),
    "loyal_orders": (2, 1000),
    "lost_after_days": (7, 3650),
}


def change_settings(
    *,
    actor: Actor,
    unit: str,
    horizon_months: int,
    discount_rate: Decimal,
    margin_rate: Decimal,
    loyal_orders: int,
    lost_after_days: int,
    scores: Mapping[str, list[float]],
    segment_by: str = "",
    version: str | None = None,
    now: datetime.datetime,
) -> InsightSettings:
    """Keep the numbers; the next analysis uses them. ``scores`` without a name means quintiles there.

    Raises ``Invalid`` with the field at fault, ``Conflict`` when they are not of ``version`` any more.
    """
    actor.require("insight.run")
    fresh: dict[str, Any] = {
        "unit": unit,
        "horizon_months": horizon_months,
        "discount_rate": discount_rate,
        "margin_rate": margin_rate,
        "loyal_orders": loyal_orders,
        "lost_after_days": lost_after_days,
        "scores": {name: [float(cut) for cut in cuts] for name, cuts in scores.items() if cuts},
        "segment_by": segment_by,
    }
    _check(fresh)
    settings = _locked()
    require_seen(version, settings.version, str(settings))
    changes = {
        name: [_plain(getattr(settings, name)), _plain(value)]
        for name, value in fresh.items()
        if getattr(settings, name) != value
    }
    for name, value in fresh.items():
        setattr(settings, name, value)
    settings.updated_at = now
    settings.save()
    if changes:
        record(
            InsightSettingsChanged(),
            actor=actor,
            now=now,
            subject=("insight_settings", settings.pk),
            changes=changes,
        )
    return settings


def _locked() -> InsightSettings:
    """The row; two people who choose for the first time at one moment meet at the same."""
    settings = insight_settings(lock=True)
    if settings._state.adding:
        InsightSettings.objects.bulk_create([settings], ignore_conflicts=True)
        settings = insight_settings(lock=True)
    return settings


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def _check(fresh: dict[str, Any]) -> None:
    if fresh["unit"] not in TimeUnit.values:
        raise Invalid(_("This is not one of the choices."), field="unit")
    if fresh["segment_by"] not in ("", *(each.key for each in segmentations())):
        raise Invalid(_("This is not one of the choices."), field="segment_by")
    for name, (low, high) in _RANGES.items():
        if not low <= fresh[name] <= high:
            raise Invalid(
                _("This must lie between %(low)s and %(high)s.") % {"low": low, "high": high}, field=name
            )
    for name, cuts in fresh["scores"].items():
        if name not in SCORES:
            raise Invalid(_("This is not one of the choices."), field="scores")
        if len(cuts) != CUTS or any(left >= right for left, right in pairwise(cuts)):
            raise Invalid(_("Give four thresholds, each larger than the one before."), field=name)
