"""The flow of customers between statuses, and how long and deep the relationships are, as pictures and numbers."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhiyin.customers import queries
from zhiyin.customers.choices import Stage, Status
from zhiyin.customers.queries import BaseMeasures
from zhiyin.customers.queries.measures import SAID, Average
from zhiyin.customers.queries.status import LIVELY, Flow, Month
from zhiyin.web.charts import Cell, Chart, HeatTable, Series
from zhiyin.web.http import HttpRequest, page, render
from zhiyin.web.templatetags.zhiyin import KeyNumber, number, percent

SPANS = (3, 6, 12, 24, 60)


@page(permission="insight.company")
def flow(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("months", "")
    months = int(asked) if asked.isdecimal() and int(asked) in SPANS else 12
    found = queries.status_flow(request.actor, months=months, today=timezone.localdate())
    context: dict[str, Any] = {
        "months": months,
        "spans": [(each, ngettext("%d month", "%d months", each) % each) for each in SPANS],
        "flow": found,
    }
    context |= _measures(request)
    if found.months:
        context |= {
            "numbers": _numbers(found),
            "drawing": _drawing(found),
            "moves": _moves(found),
            "stocks": _stocks(found.months),
            "breadth": _breadth(found.months),
        }
    return render(request, "customers/flow.html", context)


def _numbers(found: Flow) -> list[KeyNumber]:
    new, back, lost = (
        sum(getattr(each, name) for each in found.months) for name in ("new", "won_back", "lost")
    )
    return [
        KeyNumber(_("New"), number(new), _("bought for the first time")),
        KeyNumber(_("Won back"), number(back), _("bought again after being lost")),
        KeyNumber(_("Lost"), number(lost), _("did not buy any more")),
        KeyNumber(_("Repeat rate"), percent(found.repeat_rate), _("of today's buyers bought more than once")),
    ]


def _measures(request: HttpRequest) -> dict[str, Any]:
    """Length and depth, as far as anything is known of them."""
    base = queries.base_measures(request.actor)
    wallet, satisfaction = (base.said.get(key, Average(None, 0)) for key in SAID)
    depth: list[KeyNumber] = []
    if wallet.mean is not None:
        depth.append(KeyNumber(_("Share of wallet"), percent(wallet.mean / 100), _of_known(wallet.known)))
    if satisfaction.mean is not None:
        said = f"{number(satisfaction.mean, 1)} / 10"
        depth.append(KeyNumber(_("Satisfaction"), said, _of_known(satisfaction.known)))
    if base.referred:
        many = {"many": number(base.referrers)}
        by = ngettext("through %(many)s customer", "through %(many)s customers", base.referrers) % many
        depth.append(KeyNumber(_("Referred"), number(base.referred), by))
    return {"depth": depth, "stages": _stages(base) if base.stages else None}


def _of_known(known: int) -> str:
    return ngettext(
        "on average, known of %(many)s customer", "on average, known of %(many)s customers", known
    ) % {"many": number(known)}


def _stages(base: BaseMeasures) -> Chart:
    counts = [base.stages.get(each, 0) for each in Stage]
    return Chart(
        key="stages",
        title=_("%(share)s of the relationships are mature")
        % {"share": percent(base.stages.get(Stage.MATURITY, 0) / sum(counts))},
        subtitle=_("Customers by lifecycle stage today"),
        kind="bar",
        format="integer",
        categories=[str(each.label) for each in Stage],
        series=[Series(_("Customers"), counts)],
    )


def _drawing(found: Flow) -> dict[str, Any]:
    """Left the status before, right the one after, a band as thick as customers moved."""
    names = {each.value: str(each.label) for each in Status}
    bands = [(old, new, count) for (old, new), count in sorted(found.moves.items()) if count > 0]
    nodes = [
        {"id": f"from-{each}", "name": names[each], "side": "left"}
        for each in names
        if any(b[0] == each for b in bands)
    ]
    nodes += [
        {"id": f"to-{each}", "name": names[each], "side": "right"}
        for each in names
        if any(b[1] == each for b in bands)
    ]
    links = [{"source": f"from-{old}", "target": f"to-{new}", "value": count} for old, new, count in bands]
    return {"nodes": nodes, "links": links}


def _moves(found: Flow) -> HeatTable:
    used = [each for each in Status if any(each in pair for pair in found.moves)]
    return HeatTable(
        key="moves",
        title=_("From which status to which"),
        subtitle=_("Customers who moved, each move counted"),
        corner=_("From ↓ to →"),
        columns=[str(each.label) for each in used],
        rows=[
            (
                str(old.label),
                [
                    Cell(
                        found.moves[old, new], number(found.moves[old, new]) if found.moves[old, new] else ""
                    )
                    for new in used
                ],
            )
            for old in used
        ],
    )


def _stocks(months: list[Month]) -> Chart:
    end = months[-1].stocks
    buyers = sum(end[each] for each in LIVELY)
    return Chart(
        key="stocks",
        title=_("%(buyers)s buyers, %(lost)s lost")
        % {"buyers": number(buyers), "lost": number(end[Status.LOST])},
        subtitle=_("Customers by status at the end of each month"),
        kind="bar",
        stacked=True,
        tall=True,
        format="integer",
        categories=[date_format(each.month, "YEAR_MONTH_FORMAT") for each in months],
        series=[
            Series(str(status.label), [each.stocks[status] for each in months])
            for status in Status
            if any(each.stocks[status] for each in months)
        ],
    )


def _breadth(months: list[Month]) -> Chart:
    kept = [each.kept for each in months if each.kept is not None]
    mean = sum(kept) / len(kept) if kept else None
    return Chart(
        key="breadth",
        title=_("In a month %s of the buyers stay") % percent(mean),
        subtitle=_("New, won back and lost in each month"),
        kind="bar",
        format="integer",
        categories=[date_format(each.month, "YEAR_MONTH_FORMAT") for each in months],
        series=[
            Series(_("New"), [each.new for each in months]),
            Series(_("Won back"), [each.won_back for each in months]),
            Series(_("Lost"), [each.lost for each in months]),
        ],
        note=_("Kept is the share of those who were buyers at a month's begin and were not lost during it."),
    )
