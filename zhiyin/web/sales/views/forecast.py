"""The forecast: what is won, promised and likely in a period, by unit and person; how that changed and how true it was."""

import datetime
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from zhiyin.analytics.methods.interval import Forecast
from zhiyin.customers import queries as customers
from zhiyin.platform.actors import Actor
from zhiyin.sales import actions, queries
from zhiyin.sales.choices import Category
from zhiyin.sales.periods import Kind, Period
from zhiyin.sales.queries import Branch, ForecastFilter, Outcome, Point, Rates, Told
from zhiyin.web.charts import Chart, Series
from zhiyin.web.http import HttpRequest, notify, page, render
from zhiyin.web.lists import Tab, parse_filter
from zhiyin.web.templatetags.zhiyin import KeyNumber, compact, day, number, percent

MOST_BARS = 20


@page(permission="sales.view")
def forecast(request: HttpRequest) -> HttpResponse:
    today, currency = timezone.localdate(), request.tenant.currency
    where = parse_filter(ForecastFilter, request.GET)
    told = queries.forecast(request.actor, where, currency=currency, today=today)
    outcomes = queries.forecast_outcomes(request.actor, where, currency=currency, today=today)
    context: dict[str, Any] = {
        "told": told,
        "where": where,
        "currency": currency,
        "over": told.period.end < today,
        "numbers": _numbers(told, currency, today),
        "parts": _parts(told.branches, currency),
        "course": _course(told, currency),
        "outcomes": outcomes,
        "errors": _errors(outcomes),
        "rates": rates_told(told.rates),
        "beside": _beside(told),
        "tabs": _tabs(request, told.period, today),
        "title": period_name(told.period),
        "earlier": _address(request, period=str(told.period.moved(-1))),
        "later": _address(request, period=str(told.period.moved(1))),
        "way": [(each.name, _address(request, unit=str(each.pk))) for each in told.way],
        "branches": [(each, _inside(request, each)) for each in told.branches],
        "owners": customers.owners(request.actor),
        "units": customers.units(request.actor),
        "may_take": may_take(request.actor),
    }
    return render(request, "sales/forecast.html", context, partial="forecast")


@require_POST
@page(permission="sales.manage")
def take(request: HttpRequest) -> HttpResponse:
    actions.take_forecast_soon(actor=request.actor, now=timezone.now())
    notify(request, _("Today's forecast is being worked out."))
    return redirect("jobs:list")


def may_take(actor: Actor) -> bool:
    return actor.scope == "all" and actor.may("sales.manage")


def period_name(period: Period) -> str:
    match period.kind:
        case "month":
            return date_format(period.start, "YEAR_MONTH_FORMAT")
        case "quarter":
            number = (period.start.month + 2) // 3
            return _("Quarter %(quarter)s of %(year)s") % {"quarter": number, "year": period.start.year}
        case _:
            return str(period.start.year)


def _numbers(told: Told, currency: str, today: datetime.date) -> list[KeyNumber]:
    total = told.total
    won = KeyNumber(_("Won"), compact(total.won, currency), _count(total.won_count))
    if told.period.end < today:
        return [won]
    return [
        won,
        KeyNumber(
            Category.COMMIT.label,
            compact(total.committed, currency),
            _plus(total.commit, currency, _("promised")),
        ),
        KeyNumber(
            Category.BEST_CASE.label,
            compact(total.best, currency),
            _plus(total.best_case, currency, _("at best")),
        ),
        KeyNumber(_("Won and all open"), compact(total.all, currency), _open(told)),
        KeyNumber(
            _("Weighted"),
            compact(total.likely, currency),
            _("won, and each open one by the chance of its stage"),
        ),
        KeyNumber(_("Model"), compact(told.expected.mean, currency), _interval(told.expected, currency))
        if told.expected
        else KeyNumber(_("Model"), "–", _model_missing(told)),
    ]


def _count(count: int) -> str:
    return ngettext("%(count)s deal", "%(count)s deals", count) % {"count": number(count)}


def _open(told: Told) -> str:
    text = _count(told.total.open_count)
    if told.total.unknown:
        text += " · " + _("%(count)s without an amount") % {"count": number(told.total.unknown)}
    return text


def _plus(amount: Any, currency: str, what: str) -> str:
    return _("won, and %(amount)s %(what)s") % {"amount": compact(amount, currency), "what": what}


def _interval(expected: Forecast, currency: str) -> str:
    return _("80%% interval %(low)s to %(high)s") % {
        "low": compact(expected.low, currency),
        "high": compact(expected.high, currency),
    }


def _model_missing(told: Told) -> str:
    if told.expected_on is None:
        return _("is worked out every evening")
    return _("too little was won so far to learn from")


def _parts(branches: Sequence[Branch], currency: str) -> Chart | None:
    """Who brings what: won, promised, at best and the rest."""
    shown = [each for each in branches if each.figures.all][:MOST_BARS]
    if not shown:
        return None
    first = max(shown, key=lambda each: each.figures.all)
    named = {
        _("Won"): "won",
        Category.COMMIT.label: "commit",
        Category.BEST_CASE.label: "best_case",
        Category.PIPELINE.label: "pipeline",
    }
    return Chart(
        key="forecast",
        title=_("Most is expected of %(name)s: %(amount)s")
        % {"name": branch_name(first), "amount": compact(first.figures.all, currency)},
        subtitle=_(
            "What was won, and the open deals expected to close in the period by what is promised of them"
        ),
        kind="bar",
        horizontal=True,
        stacked=True,
        format="money",
        currency=currency,
        categories=[branch_name(each) for each in shown],
        x_label=_("Amount"),
        y_label=_("Unit or person"),
        series=[
            Series(str(label), [getattr(each.figures, name) for each in shown])
            for label, name in named.items()
        ],
    )


def branch_name(branch: Branch) -> str:
    return branch.name or _("Nobody")


def _course(told: Told, currency: str) -> Chart | None:
    """How the forecast changed from day to day."""
    points = told.points
    if len(points) < 2:
        return None
    model = [each.expected for each in points]
    known = [each for each in model if each]
    series = [
        Series(_("Won"), [each.figures.won for each in points]),
        Series(str(Category.COMMIT.label), [each.figures.committed for each in points]),
        Series(str(Category.BEST_CASE.label), [each.figures.best for each in points], dashed=True),
        Series(_("Weighted"), [each.figures.likely for each in points], dashed=True),
    ]
    if len(known) == len(points):
        series.append(
            Series(
                _("Model"),
                [each.mean for each in known],
                low=[each.low for each in known],
                high=[each.high for each in known],
            )
        )
    return Chart(
        key="forecast-course",
        title=_moved(points, currency),
        subtitle=_("The forecast of the whole period as it was in the evening of each day"),
        format="money",
        currency=currency,
        categories=[each.day.isoformat() for each in points],
        x_label=_("Day"),
        y_label=_("Amount"),
        series=series,
    )


def _moved(points: Sequence[Point], currency: str) -> str:
    first, last = points[0], points[-1]
    change = last.figures.committed - first.figures.committed
    said = {"amount": compact(abs(change), currency), "day": day(first.day)}
    if not change:
        return _("What is won and promised is as it was on %(day)s") % said
    if change > 0:
        return _("What is won and promised has grown by %(amount)s since %(day)s") % said
    return _("What is won and promised has shrunk by %(amount)s since %(day)s") % said


def _errors(outcomes: Sequence[Outcome]) -> list[tuple[Outcome, str, list[str]]]:
    """Of each period and moment, how far off each way was."""
    return [
        (
            each,
            period_name(each.period),
            [
                _off(each.error(each.point.figures.committed)),
                _off(each.error(each.point.figures.best)),
                _off(each.error(each.point.figures.likely)),
                _off(each.error(each.point.expected.mean) if each.point.expected else None),
            ],
        )
        for each in outcomes
    ]


def _off(error: float | None) -> str:
    if error is None:
        return "–"
    return ("+" if error > 0 else "") + percent(error)


def rates_told(rates: Rates) -> str:
    told = []
    if rates.used:
        used = ", ".join(f"{each.currency} {each.rate.normalize()} ({day(each.day)})" for each in rates.used)
        told.append(
            _("In %(currency)s at the rates %(rates)s.") % {"currency": rates.currency, "rates": used}
        )
    if rates.missing:
        told.append(_("Not counted, for there is no rate: %s.") % ", ".join(rates.missing))
    return " ".join(told)


def _beside(told: Told) -> list[tuple[str, str]]:
    """What is in no forecast, with a link to it."""
    address, found = reverse("sales:opportunities"), []
    if count := told.beside.overdue:
        text = ngettext(
            "%(count)s open deal was expected to close earlier and is not counted.",
            "%(count)s open deals were expected to close earlier and are not counted.",
            count,
        )
        found.append((text % {"count": number(count)}, f"{address}?overdue=true&state=open"))
    if count := told.beside.undated:
        text = ngettext(
            "Of %(count)s open deal nobody said when it will close: it is not counted.",
            "Of %(count)s open deals nobody said when they will close: they are not counted.",
            count,
        )
        found.append((text % {"count": number(count)}, f"{address}?state=open&sort=expected"))
    return found


def _tabs(request: HttpRequest, period: Period, today: datetime.date) -> list[Tab]:
    kinds: tuple[tuple[Kind, str], ...] = (
        ("month", _("Month")),
        ("quarter", _("Quarter")),
        ("year", _("Year")),
    )
    inside = today if period.start <= today <= period.end else period.start
    return [
        Tab(label, _address(request, period=str(Period.of(kind, inside))), kind == period.kind)
        for kind, label in kinds
    ]


def _inside(request: HttpRequest, branch: Branch) -> str:
    """Where a branch is looked at alone."""
    if branch.id is None:
        return ""
    return _address(request, **{"unit" if branch.kind == "unit" else "owner": str(branch.id)})


def _address(request: HttpRequest, **changed: str) -> str:
    """This page with something else asked for."""
    kept = {name: request.GET[name] for name in ("period", "owner", "unit") if request.GET.get(name)}
    asked = urlencode(kept | changed)
    return f"{reverse('sales:forecast')}?{asked}"
