"""An analysis as charts, coloured tables and rows."""

import datetime
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from zhiyin.analytics.choices import TimeUnit, ValueGroup
from zhiyin.analytics.explaining import Explanation
from zhiyin.analytics.models import Analysis
from zhiyin.analytics.sentences import reason, segment_label
from zhiyin.web.charts import Cell, Chart, HeatTable, Series
from zhiyin.web.templatetags.zhiyin import number, percent

ORDER = {"BGNBD": ("r", "alpha", "a", "b"), "NBD": ("r", "alpha"), "GammaGamma": ("p", "q", "gamma")}
NAMES = {"BGNBD": "BG/NBD", "NBD": "NBD", "GammaGamma": "Gamma-Gamma"}
EVERY = 5
POOLED = "pooled"


def customers_url(**query: Any) -> str:
    """The list of customers, narrowed."""
    return f"{reverse('customers:list')}?{urlencode(query)}"


def concentration(analysis: Analysis) -> Chart | None:
    """What share of the customers brings what share of the margin."""
    found = analysis.concentration
    if "curve" not in found:
        return None
    points = found["curve"][::EVERY]
    title = _("The best %(top)s of the customers bring %(brought)s of the margin") % {
        "top": percent(0.1, 0),
        "brought": percent(found["best"]["0.1"], 0),
    }
    return Chart(
        key="concentration",
        title=title,
        subtitle=_("Customers in order of margin, best first, and what they bring together"),
        kind="area",
        categories=[percent(share, 0) for share, _brought in points],
        x_label=_("Share of the customers"),
        y_label=_("Share of the margin"),
        format="percent",
        series=[Series(_("Margin"), [brought for _share, brought in points])],
        note=_("%(share)s of the customers bring 80%% of the margin.")
        % {"share": percent(found["customers_for_80"], 0)},
    )


def grid(analysis: Analysis, *, current: bool) -> HeatTable | None:
    """Customers by recency and frequency score; each cell of the current analysis opens their list."""
    cells = {(cell["recency"], cell["frequency"]): cell for cell in analysis.groups.get("cells", [])}
    if not cells:
        return None
    days, times = analysis.groups.get("recency_days", {}), analysis.groups.get("purchases", {})
    scores = range(1, 6)
    return HeatTable(
        key="rfm",
        title=_("Who bought lately, and how often"),
        subtitle=_(
            "Customers by score: 5 is the most recent and the most frequent. A number opens its customers."
        )
        if current
        else _("Customers by score: 5 is the most recent and the most frequent."),
        corner=_("Recency ↓ frequency →"),
        columns=[_heading(score, times, _("%s×")) for score in scores],
        rows=[
            (
                _heading(recency, days, _("%s d")),
                [
                    _cell(cells.get((recency, frequency)), recency, frequency, current=current)
                    for frequency in scores
                ],
            )
            for recency in reversed(scores)
        ],
        note=_ties(analysis, recency={cell[0] for cell in cells}, frequency={cell[1] for cell in cells}),
    )


def _heading(score: int, ranges: dict[str, list[int]], unit: str) -> str:
    """A score, and the numbers it stands for."""
    found = ranges.get(str(score))
    if found is None:
        return str(score)
    ends = dict.fromkeys(number(end) for end in found)
    return f"{score} · {unit % '–'.join(ends)}"


def _ties(analysis: Analysis, **scores: set[int]) -> str:
    """Why rows or columns are empty, where the company has not chosen the limits itself."""
    reasons = {
        "recency": _("The days of the last purchases are too alike for five scores: some stay empty."),
        "frequency": _("The numbers of purchases are too alike for five scores: some stay empty."),
    }
    chosen = analysis.settings.get("thresholds", {})
    return " ".join(reasons[name] for name, used in scores.items() if len(used) < 5 and not chosen.get(name))


def _cell(found: dict[str, Any] | None, recency: int, frequency: int, *, current: bool) -> Cell:
    if found is None:
        return Cell(0, "0")
    parts = [_("%s customers") % number(found["customers"])]
    if found["alive"] is not None:
        parts.append(
            _("of those who came back %s are still customers")
            % percent(found["alive"] / found["returned"], 0)
        )
    url = customers_url(rfm=f"{recency}{frequency}", sort="-value") if current else ""
    return Cell(found["customers"], number(found["customers"]), url, " · ".join(parts))


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One named group: sums, and a link to its customers."""

    label: str
    url: str
    customers: int
    share: float
    margin: float
    margin_share: float | None
    alive: float | None
    value: float | None


def groups(analysis: Analysis, *, current: bool) -> list[GroupRow]:
    """The named groups; those of the current analysis open the lists of their customers."""
    rows = analysis.groups.get("groups", [])
    customers, margin = sum(row["customers"] for row in rows), sum(row["margin"] for row in rows)
    return [
        GroupRow(
            label=str(ValueGroup(row["group"]).label),
            url=customers_url(group=row["group"], sort="-value") if current else "",
            customers=row["customers"],
            share=row["customers"] / customers,
            margin=row["margin"],
            margin_share=row["margin"] / margin if margin > 0 else None,
            alive=row["alive"] / row["returned"] if row["alive"] is not None else None,
            value=row["value"],
        )
        for row in rows
    ]


def retention(analysis: Analysis) -> HeatTable | None:
    """Of those who first bought in a period, how many buy in each later one."""
    found = analysis.retention
    if not found or not any(share is not None for row in found["share"] for share in row):
        return None
    unit = found["unit"]
    periods = 1 + max(place for row in found["share"] for place, share in enumerate(row) if share is not None)
    second = found["average"][1] if len(found["average"]) > 1 else None
    titles = {
        "month": _("%s of new customers buy again in the month after"),
        "quarter": _("%s of new customers buy again in the quarter after"),
        "year": _("%s of new customers buy again in the year after"),
    }
    return HeatTable(
        key="retention",
        title=titles[unit] % percent(second, 0) if second is not None else _("Who comes back"),
        subtitle=_("By period of the first purchase: share of the customers who buy in the periods after it"),
        corner=_("First purchase"),
        columns=[_("Customers"), *(f"+{each}" for each in range(1, periods))],
        rows=[
            (period(start, unit), [Cell(None, number(size)), *(_share(each) for each in row[1:periods])])
            for start, size, row in zip(found["start"], found["size"], found["share"], strict=True)
        ],
    )


def _share(value: float | None) -> Cell:
    return Cell(None, "") if value is None else Cell(value, percent(value, 0))


def period(start: str, unit: str) -> str:
    day = datetime.date.fromisoformat(start)
    if unit == "year":
        return str(day.year)
    return f"{day.year} Q{(day.month - 1) // 3 + 1}" if unit == "quarter" else f"{day:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Model:
    """One fitted model, or why there is none."""

    name: str
    parameters: list[Parameter]
    log_likelihood: float | None
    customers: int
    refused: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to predict and its errors in the back-test."""

    name: str
    total: float
    total_error: float | None
    mae: float
    rmse: float
    best: bool


@dataclass(frozen=True, slots=True)
class SegmentCard:
    """Forecast, test and models of one segment."""

    key: str
    label: str
    customers: int
    repeat_buyers: int
    totals: dict[str, Any]
    models: list[Model]
    borrowed: bool
    mean_spend: float | None
    rules: list[Rule]
    by_group: Chart | None
    track: Chart | None
    untested: str


def segments(analysis: Analysis) -> list[SegmentCard]:
    return [
        _segment(analysis, name, fits)
        for name, fits in sorted(analysis.fits.items(), key=lambda each: -each[1]["customers"])
        if name != POOLED
    ]


def _segment(analysis: Analysis, name: str, fits: dict[str, Any]) -> SegmentCard:
    test = analysis.backtest.get(name, {})
    tested = "model" in test
    return SegmentCard(
        key=name or "all",
        label=segment_label(name),
        customers=fits["customers"],
        repeat_buyers=fits["repeat_buyers"],
        totals=fits["totals"],
        models=[
            _model(fits["transactions"], fits["transactions"].get("model", "BGNBD")),
            _model(fits["spend"], "GammaGamma"),
        ],
        borrowed=fits["model_of"] == POOLED,
        mean_spend=fits["spend"].get("mean_spend"),
        rules=_rules(test) if tested else [],
        by_group=_by_group(test, name) if tested else None,
        track=_track(analysis, test, name) if tested and test["track"]["end"] else None,
        untested="" if tested or not test else reason(test["refused"], test["facts"]),
    )


def _model(fit: dict[str, Any], kind: str) -> Model:
    if "parameters" not in fit:
        return Model(NAMES[kind], [], None, 0, reason(fit["refused"], fit["facts"]))
    parameters = [
        Parameter(name, fit["parameters"][name], fit["standard_errors"][name]) for name in ORDER[kind]
    ]
    return Model(NAMES[kind], parameters, fit["log_likelihood"], fit["customers"], "")


def _rules(test: dict[str, Any]) -> list[Rule]:
    labels = {
        "model": _("The model"),
        "last_period": _("As in the last period"),
        "mean_rate": _("At the mean rate so far"),
    }
    least = min(test[name]["mae"] for name in labels)
    return [
        Rule(
            label,
            **{key: test[name][key] for key in ("total", "total_error", "mae", "rmse")},
            best=test[name]["mae"] == least,
        )
        for name, label in labels.items()
    ]


def _by_group(test: dict[str, Any], name: str) -> Chart:
    rows = test["groups"]
    error = test["model"]["total_error"]
    off = (
        _("Nobody bought what was forecast")
        if error is None
        else _("In all, the forecast was %s off") % percent(abs(error))
    )
    return Chart(
        key=f"backtest-{name or 'all'}",
        title=off,
        subtitle=_("Purchases a customer from %(start)s to %(end)s, by repeat purchases before")
        % {"start": written(test["calibration_end"]), "end": written(test["end"])},
        kind="bar",
        categories=[f"{row['x']}+" if row["or_more"] else str(row["x"]) for row in rows],
        x_label=_("Repeat purchases before"),
        y_label=_("Purchases a customer"),
        series=[
            Series(_("Actual"), [row["actual"] for row in rows]),
            Series(_("Predicted"), [row["predicted"] for row in rows]),
        ],
    )


def _track(analysis: Analysis, test: dict[str, Any], name: str) -> Chart:
    track = test["track"]
    off = sum(track["expected"]) / max(sum(track["actual"]), 1) - 1
    since = {
        TimeUnit.DAY: _("Days since the first purchase of all"),
        TimeUnit.WEEK: _("Weeks since the first purchase of all"),
        TimeUnit.MONTH: _("Months since the first purchase of all"),
        TimeUnit.QUARTER: _("Quarters since the first purchase of all"),
    }
    return Chart(
        key=f"track-{name or 'all'}",
        title=_("Over the whole time the model was %s off") % percent(abs(off), 1),
        subtitle=_("Repeat purchases of all customers; the model knows them up to %s")
        % written(test["calibration_end"]),
        categories=[number(end) for end in track["end"]],
        x_label=since[TimeUnit(analysis.settings["unit"])],
        y_label=_("Repeat purchases"),
        format="integer",
        series=[Series(_("Actual"), track["actual"]), Series(_("Model"), track["expected"], dashed=True)],
    )


def written(day: str) -> str:
    return date_format(datetime.date.fromisoformat(day), "DATE_FORMAT")


def alive_chart(found: Explanation, *, months: int) -> Chart | None:
    """The probability of being a customer, so far and if nothing more is bought."""
    if not found.future:
        return None
    days = [day for day, _alive in found.past] + [day for day, _alive in found.future[1:]]
    known = [alive for _day, alive in found.past] or [found.future[0][1]]
    days = days if found.past else [day for day, _alive in found.future]
    ahead = [alive for _day, alive in found.future]
    title = _("If nothing is bought in %(months)s months, %(then)s instead of %(now)s") % {
        "months": months,
        "then": percent(ahead[-1], 0),
        "now": percent(ahead[0], 0),
    }
    return Chart(
        key="alive",
        title=title,
        subtitle=_("Probability of still being a customer"),
        categories=[day.isoformat() for day in days],
        y_label=_("Probability"),
        format="percent",
        series=[
            Series(_("So far"), [*known, *([None] * (len(ahead) - 1))]),
            Series(_("Without a purchase"), [*([None] * (len(known) - 1)), *ahead], dashed=True),
        ],
    )
