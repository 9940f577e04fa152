import datetime
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import click

from zhiyin.config.cli.common import (
    Command,
    Group,
    answer,
    find_tenant,
    json_option,
    open_database,
    operator,
    tenant_option,
)


@click.group(cls=Group, example="zhiyin report totals --tenant acme --json")
def report() -> None:
    """Figures of a company."""


@report.command(cls=Command, example="zhiyin report totals --tenant acme --json")
@tenant_option
@json_option
def totals(*, tenant_code: str, as_json: bool) -> None:
    """Count lines, orders, products and customers, and sum quantity and value, to compare with the files."""
    open_database()
    from zhiyin.commerce.totals import totals as count
    from zhiyin.platform.tenancy import scope

    company = find_tenant(tenant_code)
    with scope(company.id):
        figures = count(operator(company.id))
    text = "\n".join(f"{name.replace('_', ' '):<24} {value:>18,}" for name, value in figures.items())
    answer({name: _number(value) for name, value in figures.items()}, as_json=as_json, text=text)


@report.command(cls=Command, example="zhiyin report pipeline --tenant acme --json")
@tenant_option
@json_option
def pipeline(*, tenant_code: str, as_json: bool) -> None:
    """Count opportunities by what became of them: won and lost, the win rate, what was won and how long it took.

    won_value is in the company's currency, at the last rates that are known; what has no rate is not in it. Days run from when the customer took it up until
    the day it was won.
    """
    open_database()
    from django.utils import timezone

    from zhiyin.commerce.queries import converted
    from zhiyin.platform.tenancy import scope
    from zhiyin.sales.queries import pipeline_totals

    company = find_tenant(tenant_code)
    with scope(company.id):
        found = pipeline_totals(operator(company.id))
        whole = converted(found.won_value, currency=company.currency, day=timezone.localdate())
    rate = found.win_rate
    figures: dict[str, Any] = {
        "opportunities": found.count,
        "open": found.open,
        "won": found.won,
        "won_value": _number(whole.amount),
        "lost": found.lost,
        "win_rate": None if rate.value is None else round(rate.value, 4),
        "win_rate_interval": rate.interval and [round(each, 4) for each in rate.interval],
        "mean_days_to_win": None if found.mean_days is None else round(found.mean_days, 2),
        "currency": company.currency,
        "won_value_by_currency": {key: _number(value) for key, value in sorted(found.won_value.items())},
        "rates": {each.currency: f"{each.rate.normalize()} of {each.day}" for each in whole.rates},
        "without_rate": list(whole.missing),
    }
    text = "\n".join(f"{name.replace('_', ' '):<24} {value!s:>18}" for name, value in figures.items())
    answer(figures, as_json=as_json, text=text)


@report.command(cls=Command, example="zhiyin report forecast --tenant acme --json")
@tenant_option
@json_option
def forecast(*, tenant_code: str, as_json: bool) -> None:
    """Test forecasts of the rest of the quarter at past days against what came: by stage weights, by history, by the model.

    Tested are the middle and the end of each month, with what was known then. Errors are mean absolute ones as shares of what came;
    the interval is to hold it in 80 of 100 cases.
    """
    open_database()
    from zhiyin.analytics.methods.forecast import backtest, errors
    from zhiyin.platform.tenancy import scope
    from zhiyin.sales.queries.history import deals, past_days

    company = find_tenant(tenant_code)
    with scope(company.id):
        found = deals(operator(company.id), company.currency)
    tested = backtest(found, past_days(found))
    off = errors(tested)
    rows = [
        {
            "day": datetime.date.fromordinal(each.day).isoformat(),
            "until": datetime.date.fromordinal(each.until).isoformat(),
            "actual": round(each.actual, 2),
            "by_stage": round(each.by_stage, 2),
            "by_history": round(each.by_history, 2),
            "by_model": round(each.by_model.mean, 2),
            "low": round(each.by_model.low, 2),
            "high": round(each.by_model.high, 2),
        }
        for each in tested
    ]
    totals = {name: round(value, 4) for name, value in asdict(off).items()} if off else None
    answer(
        {"currency": company.currency, "errors": totals, "tested": rows},
        as_json=as_json,
        text=_forecast_text(rows, totals),
    )


def _forecast_text(rows: list[dict[str, Any]], errors: dict[str, float] | None) -> str:
    if not errors:
        return "Nothing was won yet after a day at which anything was known."
    numbers = ("actual", "by_stage", "by_history", "by_model", "low", "high")
    lines = ["day        until      " + "".join(f"{name.replace('_', ' '):>14}" for name in numbers)]
    lines += [
        f"{row['day']} {row['until']} " + "".join(f"{row[name]:>14,.0f}" for name in numbers) for row in rows
    ]
    told = {
        "by_stage": "stage weights",
        "by_history": "history",
        "by_model": "model",
        "covered": "intervals that held",
    }
    return "\n".join([*lines, *(f"{text:<22}{errors[name]:>8.1%}" for name, text in told.items())])


def _number(value: int | Decimal) -> int | float | Decimal:
    """A number of JSON where that says it exactly; else a decimal, which becomes a string."""
    if isinstance(value, int) or value == int(value):
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else value
