"""Findings, refusals and settings of an analysis in words, in the reader's language."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from zhiyin.analytics.queries import segmentations
from zhiyin.analytics.warehouse.registry import registered

Facts = Mapping[str, Any]

FINDINGS: dict[str, str | Promise] = {
    "no_orders": gettext_lazy("There are no orders of named customers yet."),
    "no_purchases": gettext_lazy(
        "All orders were returned or cost nothing: there is no purchase to learn from."
    ),
    "coverage": gettext_lazy(
        "%(buyers)s customers bought on %(purchases)s days between %(first)s and %(last)s, for %(amount)s."
    ),
    "coverage_of_one": gettext_lazy(
        "One customer bought on %(purchases)s days between %(first)s and %(last)s, for %(amount)s."
    ),
    "nobody_again": gettext_lazy("Nobody has bought a second time yet."),
    "repeat_buyers": gettext_lazy(
        "%(share)s of them (%(repeat_buyers)s) bought again after their first time."
    ),
    "outlook": gettext_lazy(
        "Of the %(returned)s who came back about %(alive)s are still customers. All together will buy some "
        "%(orders)s times in the next %(months)s months."
    ),
    "outlook_value": gettext_lazy(
        "Of the %(returned)s who came back about %(alive)s are still customers. All together will buy some "
        "%(orders)s times in the next %(months)s months, which is worth %(value)s of margin today."
    ),
    "leaving": gettext_lazy(
        "%(customers)s of the best customers have more likely left than not. They have paid %(spend)s so far."
    ),
    "concentration": gettext_lazy(
        "The best %(top)s of the customers bring %(brought)s of the margin; %(customers_for_80)s bring 80%%."
    ),
    "losing": gettext_lazy("%(customers)s customers have cost more than they paid."),
    "backtest_better": gettext_lazy(
        "%(segment)s: the forecast for %(from)s to %(to)s was off by %(error)s in total, "
        "and by %(mae)s purchases a customer; “as in the last period” was off by "
        "%(last_period)s, “at the mean rate” by %(mean_rate)s."
    ),
    "backtest_worse": gettext_lazy(
        "%(segment)s: for single customers a naive rule would have been closer. The forecast for %(from)s to "
        "%(to)s was off by %(error)s in total, and by %(mae)s purchases a customer; “as in the last period” was "
        "off by %(last_period)s, “at the mean rate” by %(mean_rate)s."
    ),
    "backtest_nobody": gettext_lazy(
        "%(segment)s: from %(from)s to %(to)s %(predicted)s purchases were forecast, and nobody bought."
    ),
    "nobody_leaves": gettext_lazy(
        "%(segment)s: the record shows nobody leaving for good, perhaps because it is short; so everybody who came "
        "back counts as a customer still."
    ),
    "thin_buying": gettext_lazy("%(segment)s: nothing is predicted. %(reason)s"),
    "thin_buying_borrowed": gettext_lazy(
        "%(segment)s: predicted by the model of all customers together. %(reason)s"
    ),
    "thin_spending": gettext_lazy("%(segment)s: no value in money is predicted. %(reason)s"),
    "dependent": gettext_lazy(
        "%(segment)s: how often they buy and how much they pay go together (correlation %(correlation)s), "
        "which the model of value takes to be independent; take the values with care."
    ),
    "anonymous": gettext_lazy("%(orders)s orders worth %(amount)s name no customer; they are left out."),
    "future": gettext_lazy("%(orders)s orders have a date in the future; they are left out."),
    "without_purchase": gettext_lazy("%(customers)s customers have never bought; they are left out."),
}
# Why a model is refused (methods/thin.py)
REASONS: dict[str, str | Promise] = {
    "no_purchases": gettext_lazy("There are no purchases."),
    "too_few_customers": gettext_lazy("Customers so far: %(found)s; the model needs at least %(needed)s."),
    "no_repeat_buyers": gettext_lazy("Nobody has bought twice, so nothing tells how customers come back."),
    "too_few_repeat_buyers": gettext_lazy(
        "Customers who bought again so far: %(found)s; the model needs at least %(needed)s."
    ),
    "too_short": gettext_lazy("The record spans %(found)s periods; the model needs at least %(needed)s."),
    "degenerate": gettext_lazy(
        "The likelihood has no clear maximum: the data cannot tell the parameters apart."
    ),
    "no_spend": gettext_lazy("The amounts of repeat purchases are missing, not positive or all the same."),
    "infinite_mean_spend": gettext_lazy("Spending is so uneven (q = %(found)s) that it has no mean."),
    "no_holdout": gettext_lazy("No time is left after the calibration to test the forecast on."),
}
OTHER_REASON = gettext_lazy("The data do not suffice for the model.")
SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£"}
SEGMENT_OF_ALL = {"": gettext_lazy("All customers"), "pooled": gettext_lazy("All customers together")}
_PERCENT = {"share", "brought", "customers_for_80", "top"}
_MONEY = {"amount", "spend", "value", "margin"}
_DATES = {"first", "last", "from", "to"}
_FINE = {"mae", "last_period", "mean_rate", "correlation"}


def sentence(finding: Mapping[str, Any], *, currency: str) -> str:
    """A finding as one or two sentences; empty where another version has stored what this one cannot say."""
    facts = finding["facts"]
    words = {name: _worded(name, value, currency) for name, value in facts.items()}
    if "reason" in facts:
        words["reason"] = reason(facts["reason"], facts)
    try:
        return str(FINDINGS[finding["code"]]) % words
    except KeyError:
        return ""


def reason(code: str, facts: Facts) -> str:
    """Why a model is refused."""
    places = 2 if code == "infinite_mean_spend" else 0
    words = {name: number(facts[name], places) for name in ("found", "needed") if name in facts}
    try:
        return str(REASONS[code]) % words
    except KeyError:
        return str(OTHER_REASON)


def segment_label(name: str) -> str:
    """A segment's name for people; the app that knows the segments gives it."""
    known = registered().get("customers")
    labels = {**(known.labels if known else {}), **SEGMENT_OF_ALL}
    key, is_own, value = name.partition(":")
    return _own_label(key, value) if is_own else str(labels.get(name, name))


def _own_label(key: str, value: str) -> str:
    """Of a segment by an own field, which may be gone since."""
    parted = next((each for each in segmentations() if each.key == key), None)
    label = parted.label if parted else key
    if not value:
        return _("%s: none") % label
    return _("%(field)s: %(value)s") % {
        "field": label,
        "value": parted.options.get(value, value) if parted else value,
    }


def _worded(name: str, value: Any, currency: str) -> str:  # noqa: PLR0911 - one kind of fact a line
    if name == "segment":
        return segment_label(value)
    if name == "error":
        return f"{value:+.1%}" if value is not None else "?"
    if name in _PERCENT:
        return percent(value)
    if name in _MONEY:
        return money(value, currency)
    if name in _DATES:
        return formats.date_format(datetime.date.fromisoformat(value)) if value else "?"
    if name in _FINE:
        return number(value, 2)
    return number(value, 0) if isinstance(value, int | float) else str(value)


def number(value: float, places: int = 0) -> str:
    return formats.number_format(round(value, places), places, use_l10n=True, force_grouping=True)


def percent(value: float) -> str:
    return f"{100 * value:.0f}%" if value >= 0.1 else f"{100 * value:.1f}%"


def money(value: float, currency: str) -> str:
    """An amount for a sentence: whole, with its currency; large ones in three digits as the language does."""
    chinese = (get_language() or "").startswith("zh")
    units = ((1e8, " 亿"), (1e5, " 万")) if chinese else ((1e9, "B"), (1e6, "M"), (1e5, "k"))
    divisors = {" 万": 1e4, "k": 1e3}
    symbol = SYMBOLS.get(currency, f"{currency} ")
    sign, size = "-" if value < 0 else "", abs(value)
    for limit, word in units:
        if size >= limit:
            scaled = size / divisors.get(word, limit)
            places = next((places for places, limit in ((2, 9.995), (1, 99.95)) if scaled < limit), 0)
            digits = number(scaled, places)
            return f"{sign}{symbol}{digits.rstrip('0').rstrip('.') if places else digits}{word}"
    return f"{sign}{symbol}{number(size)}"
