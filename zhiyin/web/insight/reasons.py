"""The way from a customer's record to its value, a step a sentence."""

from typing import Any

from django.utils.translation import gettext as _

from zhiyin.analytics.choices import TimeUnit
from zhiyin.analytics.explaining import Explanation
from zhiyin.analytics.models import Analysis, CustomerValue
from zhiyin.analytics.sentences import segment_label
from zhiyin.web.templatetags.zhiyin import compact, day, money, number, percent


def reasons(found: CustomerValue, why: Explanation, made: Analysis, currency: str) -> list[str]:
    """What the record shows, what the models make of it, and how certain that is."""
    facts = record_facts(found, why, made) | money_facts(found, why, made, currency)
    steps = [rhythm(found)]
    if found.expected_orders is not None:
        steps += [survival(found, why), purchases(found, why)]
    if found.value is not None and why.expected_spend is not None:
        steps += [spending(found), worth(why)]
    return [step % facts for step in steps]


def record_facts(found: CustomerValue, why: Explanation, made: Analysis) -> dict[str, Any]:
    return {
        "times": number(found.frequency + 1),
        "first": day(found.first_at),
        "silence": number(why.silence, 1 if 0 < why.silence < 10 else 0),
        "gap": number(why.gap, 1),
        "unit": unit_name(made),
        "customers": number(why.customers),
        "segment": segment_label(why.model_of),
        "alive": percent(found.alive, 0),
        "there": number(why.expected_if_there, 2),
        "expected": number(found.expected_orders, 2),
        "months": made.settings["months"],
    }


def money_facts(found: CustomerValue, why: Explanation, made: Analysis, currency: str) -> dict[str, Any]:
    return {
        "own": money(found.mean_spend, currency),
        "usual": money(why.usual_spend, currency),
        "spend": money(why.expected_spend, currency),
        "margin": percent(why.margin_share, 0),
        "rate": percent(made.settings["discount_rate"], 0),
        "level": number(100 * made.settings["level"]),
        "low": compact(round(found.value_low or 0), currency),
        "high": compact(round(found.value_high or 0), currency),
    }


def rhythm(found: CustomerValue) -> str:
    if found.frequency:
        return _(
            "Bought on %(times)s days since %(first)s, every %(gap)s %(unit)s on average; the last time was "
            "%(silence)s %(unit)s ago."
        )
    return _("Bought once, on %(first)s, %(silence)s %(unit)s ago.")


def survival(found: CustomerValue, why: Explanation) -> str:
    if not why.leaves:
        return _(
            "Customers buy at random, each at a rate of their own (NBD model of %(customers)s customers: "
            "%(segment)s). The record shows nobody leaving for good, so a silence only lowers the rate."
        )
    if found.frequency:
        return _(
            "Customers buy at random, each at a rate of their own, until unseen they leave (BG/NBD model of "
            "%(customers)s customers: %(segment)s). This silence after this rhythm leaves a probability of "
            "%(alive)s that this one is still there."
        )
    return _(
        "Customers buy at random, each at a rate of their own, and may leave after any return (BG/NBD model "
        "of %(customers)s customers: %(segment)s). Who has bought only once has shown no rhythm to fall silent "
        "from: the model does not call them lost, but expects little."
    )


def purchases(found: CustomerValue, why: Explanation) -> str:
    if found.frequency and why.leaves:
        return _(
            "Still there means %(there)s purchases in %(months)s months; times %(alive)s makes %(expected)s."
        )
    return _("To be expected in %(months)s months: %(expected)s purchases.")


def spending(found: CustomerValue) -> str:
    if found.frequency:
        return _(
            "Return visits brought %(own)s each, those of others %(usual)s; the fewer the visits, the nearer "
            "the truth is to the others: %(spend)s (Gamma-Gamma model)."
        )
    return _(
        "Without a return visit yet, a purchase is taken to bring what it brings from others: %(spend)s "
        "(Gamma-Gamma model)."
    )


def worth(why: Explanation) -> str:
    if why.margin_share is None:
        return _(
            "What comes later counts less, by %(rate)s a year. Of such customers %(level)s%% lie between "
            "%(low)s and %(high)s."
        )
    return _(
        "Of this %(margin)s is margin, and what comes later counts less, by %(rate)s a year. Of such "
        "customers %(level)s%% lie between %(low)s and %(high)s."
    )


def unit_name(made: Analysis) -> str:
    names = {
        TimeUnit.DAY: _("days"),
        TimeUnit.WEEK: _("weeks"),
        TimeUnit.MONTH: _("months"),
        TimeUnit.QUARTER: _("quarters"),
    }
    return names[TimeUnit(made.settings["unit"])]
