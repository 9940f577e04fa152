"""What the first page shows of sales."""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhiyin.approvals.queries import count_waiting
from zhiyin.sales import queries
from zhiyin.sales.choices import Measure
from zhiyin.sales.periods import KINDS, Period
from zhiyin.sales.queries import TargetFilter, Waiting
from zhiyin.web.http import HttpRequest
from zhiyin.web.sales.views.forecast import period_name
from zhiyin.web.templatetags.zhiyin import compact, number, percent


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that waits: a sentence, where to see it, and how grave it is."""

    text: str
    url: str
    icon: str
    tone: str = "plain"


def waiting_today(request: HttpRequest) -> list[Line]:
    """What waits for the reader, then how their targets stand, then for who leads others all that waits."""
    actor, now, today = request.actor, timezone.now(), timezone.localdate()
    mine = {"owner": str(actor.member_id)}
    own = queries.waiting(actor, own=True, now=now, today=today)
    lines = [*_approvals(request, today), *_leads(own, _mine_leads, mine), *_deals(own, _mine, today, mine)]
    lines += _targets(request, today)
    if actor.scope != "own" and actor.may("sales.manage"):
        seen = queries.waiting(actor, own=False, now=now, today=today)
        lines += [*_leads(seen, _all_leads, {}), *_deals(seen, _all, today, {})]
    return lines


def _approvals(request: HttpRequest, today: datetime.date) -> Iterator[Line]:
    if request.actor.may("approvals.decide") and (count := count_waiting(request.actor, today)):
        text = ngettext("%s approval waits for you.", "%s approvals wait for you.", count)
        yield Line(text % number(count), reverse("approvals:inbox"), "rubber-stamp", "warn")


Words = Callable[[str, int], str]


def _mine(what: str, count: int) -> str:
    match what:
        case "late":
            return ngettext(
                "%s deal of yours should have closed by now.",
                "%s deals of yours should have closed by now.",
                count,
            )
        case "soon":
            return ngettext(
                "%s deal of yours is to close within a week.",
                "%s deals of yours are to close within a week.",
                count,
            )
        case "stuck":
            return ngettext("%s deal of yours is stuck.", "%s deals of yours are stuck.", count)
        case _:
            return ngettext(
                "%s deal of yours has no next step.", "%s deals of yours have no next step.", count
            )


def _all(what: str, count: int) -> str:
    match what:
        case "late":
            return ngettext(
                "Of all that you see, %s deal should have closed by now.",
                "Of all that you see, %s deals should have closed by now.",
                count,
            )
        case "soon":
            return ngettext(
                "Of all that you see, %s deal is to close within a week.",
                "Of all that you see, %s deals are to close within a week.",
                count,
            )
        case "stuck":
            return ngettext(
                "Of all that you see, %s deal is stuck.", "Of all that you see, %s deals are stuck.", count
            )
        case _:
            return ngettext(
                "Of all that you see, %s deal has no next step.",
                "Of all that you see, %s deals have no next step.",
                count,
            )


def _mine_leads(what: str, count: int) -> str:
    if what == "leads_late":
        return ngettext(
            "%s lead of yours has waited too long for an answer.",
            "%s leads of yours have waited too long for an answer.",
            count,
        )
    return ngettext("%s lead waits for your answer.", "%s leads wait for your answer.", count)


def _all_leads(what: str, count: int) -> str:
    if what == "leads_late":
        return ngettext(
            "Of all that you see, %s lead has waited too long for an answer.",
            "Of all that you see, %s leads have waited too long for an answer.",
            count,
        )
    return ngettext(
        "Of all that you see, %s lead waits for an answer.",
        "Of all that you see, %s leads wait for an answer.",
        count,
    )


def _deals(found: Waiting, words: Words, today: datetime.date, whose: dict[str, str]) -> Iterator[Line]:
    week = {
        "state": "open",
        "expected_from": today.isoformat(),
        "expected_to": (today + queries.SOON).isoformat(),
    }
    for name, asked, icon, tone in (
        ("late", {"overdue": "true"}, "clock", "bad"),
        ("stuck", {"stuck": "true"}, "alert-triangle", "warn"),
        ("aimless", {"aimless": "true"}, "help-circle", "warn"),
        ("soon", week, "calendar-event", "plain"),
    ):
        if count := getattr(found, name):
            yield Line(
                words(name, count) % number(count),
                f"{reverse('sales:opportunities')}?{urlencode(asked | whose)}",
                icon,
                tone,
            )


def _leads(found: Waiting, words: Words, whose: dict[str, str]) -> Iterator[Line]:
    if found.leads_late:
        url = f"{reverse('sales:leads')}?{urlencode({'overdue': 'true', 'sort': 'created'} | whose)}"
        yield Line(words("leads_late", found.leads_late) % number(found.leads_late), url, "user-plus", "bad")
    elif found.leads:
        url = f"{reverse('sales:leads')}?{urlencode({'waiting': 'true', 'state': 'new', 'sort': 'created'} | whose)}"
        yield Line(words("leads", found.leads) % number(found.leads), url, "user-plus", "warn")


def _targets(request: HttpRequest, today: datetime.date) -> Iterator[Line]:
    """The reader's own targets of this month, quarter and year, as far as there are any."""
    currency = request.tenant.currency
    for period in (Period.of(kind, today) for kind in KINDS):
        where = TargetFilter(period=str(period), member=request.actor.member_id)
        for each in queries.targets(request.actor, where, currency=currency, today=today).standings:
            target = each.target
            if target.product_id or target.customer_id or target.measure != Measure.AMOUNT:
                continue
            said = {
                "period": period_name(period),
                "attained": compact(each.attained, currency),
                "value": compact(target.value, currency),
                "share": percent(each.share, 0),
                "gone": percent(each.gone, 0),
            }
            text = _(
                "%(period)s: %(attained)s of %(value)s attained (%(share)s), with %(gone)s of the working days gone."
            )
            tone = "good" if each.pace is None or Decimal(each.pace) >= 1 else "warn"
            yield Line(text % said, f"{reverse('sales:targets')}?period={period}", "target", tone)
