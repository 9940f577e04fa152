"""The funnel: conversion and time by stage, why deals are won and lost, and where the good ones come from."""

import datetime
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhiyin.customers import queries as customers
from zhiyin.platform.errors import NotFound
from zhiyin.sales import queries
from zhiyin.sales.models import Pipeline
from zhiyin.sales.queries import Funnel, FunnelFilter, Named, Share, Step
from zhiyin.web.charts import Chart, Series
from zhiyin.web.http import HttpRequest, page, render
from zhiyin.web.lists import Tab, parse_filter
from zhiyin.web.templatetags.zhiyin import KeyNumber, compact, number, percent

MOST_BARS = 12


@page(permission="sales.view")
def funnel(request: HttpRequest) -> HttpResponse:
    pipelines = queries.boards()
    wanted = request.GET.get("pipeline", "")
    pipeline = next((each for each in pipelines if wanted in ("", str(each.pk))), None)
    if wanted and pipeline is None:
        raise NotFound
    where = parse_filter(FunnelFilter, request.GET)
    context: dict[str, Any] = {"pipelines": pipelines, "pipeline": pipeline, "where": where}
    if pipeline:
        found = queries.funnel(request.actor, pipeline.pk, where)
        currency = request.tenant.currency
        context |= {
            "funnel": found,
            "currency": currency,
            "numbers": _numbers(found, currency),
            "way": _way(found.steps) if found.begun.count else None,
            "reasons": [each for each in (_reasons(found, won=True), _reasons(found, won=False)) if each],
            "sources": found.sources if any(each.name for each in found.sources) else [],
            "tabs": _tabs(request, pipeline, where),
            "owners": customers.owners(request.actor),
            "units": customers.units(request.actor),
        }
    return render(request, "sales/funnel.html", context, partial="funnel")


def _numbers(found: Funnel, currency: str) -> list[KeyNumber]:
    closed, velocity = found.closed, found.velocity(currency)
    days = closed.mean_days
    return [
        KeyNumber(
            _("Begun in the period"), number(found.begun.count), _("%s open still") % number(found.begun.open)
        ),
        KeyNumber(_("Won in the period"), number(closed.won), _worth(closed.won_value)),
        KeyNumber(_("Lost in the period"), number(closed.lost)),
        KeyNumber(_("Win rate"), percent(closed.win_rate.value), _interval(closed.win_rate)),
        KeyNumber(
            _("Days to win"),
            "–" if days is None else number(days, 1),
            _("mean of %s, from when they were taken up") % number(closed.timed) if closed.timed else "",
        ),
        KeyNumber(
            _("Velocity"),
            "–" if velocity is None else compact(velocity, currency),
            _("a day: open ones × win rate × mean value ÷ days to win"),
        ),
    ]


def _worth(values: dict[str, Any]) -> str:
    return " · ".join(compact(value, currency) for currency, value in sorted(values.items()) if value)


def _interval(share: Share) -> str:
    if share.interval is None:
        return _("nothing was closed")
    low, high = share.interval
    return _("95%% interval %(low)s to %(high)s") % {"low": percent(low), "high": percent(high)}


def _way(steps: Sequence[Step]) -> Chart:
    """How many reached each stage, and were won."""
    won = steps[-1].onward.of
    return Chart(
        key="funnel",
        title=_finding(steps),
        subtitle=_("Opportunities begun in the period that reached a stage, or went beyond it"),
        kind="bar",
        horizontal=True,
        format="integer",
        categories=[*(each.stage.name for each in steps), _("Won")],
        x_label=_("Opportunities"),
        y_label=_("Stage"),
        series=[Series(_("Opportunities"), [*(each.reached for each in steps), won])],
    )


def _finding(steps: Sequence[Step]) -> str:
    """Where most are lost for good."""
    worst = max(steps, key=lambda each: each.lost)
    if not worst.lost:
        return _("Nothing has been lost yet")
    told = ngettext(
        "Most are lost at “%(stage)s”: %(lost)s of %(reached)s that came so far",
        "Most are lost at “%(stage)s”: %(lost)s of %(reached)s that came so far",
        worst.lost,
    )
    return told % {"stage": worst.stage.name, "lost": number(worst.lost), "reached": number(worst.reached)}


def _reasons(found: Funnel, *, won: bool) -> Chart | None:
    """Why deals were won, or lost; nothing where nobody ever said it."""
    named = found.won_for if won else found.lost_for
    if not any(each.name for each in named):
        return None
    counts = [each.tally.won if won else each.tally.lost for each in named]
    first = next(each.name for each in named if each.name)
    title = _("Most are won for: %s") if won else _("Most are lost for: %s")
    return Chart(
        key="won" if won else "lost",
        title=title % first,
        subtitle=_("Opportunities closed in the period, by the reason that was given"),
        kind="bar",
        horizontal=True,
        format="integer",
        categories=[_called(each) for each in named[:MOST_BARS]],
        x_label=_("Opportunities"),
        y_label=_("Reason"),
        series=[Series(_("Opportunities"), counts[:MOST_BARS])],
    )


def _called(each: Named) -> str:
    return each.name or _("No reason given")


def _tabs(request: HttpRequest, pipeline: Pipeline, where: FunnelFilter) -> list[Tab]:
    """Periods that people ask for; whose deals, stays."""
    today = timezone.localdate()
    month = today.replace(day=1)
    quarter = month.replace(month=(today.month - 1) // 3 * 3 + 1)
    year = (month - datetime.timedelta(days=330)).replace(day=1)
    kept = {"pipeline": pipeline.pk} | {
        name: request.GET[name] for name in ("owner", "unit") if request.GET.get(name)
    }
    periods = (
        (_("All the time"), None), (_("12 months"), year), (_("This year"), month.replace(month=1)),
        (_("This quarter"), quarter), (_("This month"), month),
    )  # fmt: skip
    address = reverse("sales:funnel")
    return [
        Tab(
            label,
            f"{address}?{urlencode(kept | ({'since': since} if since else {}))}",
            where.since == since and not where.until,
        )
        for label, since in periods
    ]
