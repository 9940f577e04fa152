"""The board of open opportunities: lanes, cards, and a card put into another lane."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.customers import queries as customers
from zhiyin.platform.errors import DomainError, Invalid, NotFound
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import Closing
from zhiyin.sales.choices import Horizon, StageKind
from zhiyin.sales.models import Pipeline
from zhiyin.sales.queries import Lane, Lanes, OpportunityFilter
from zhiyin.web.http import HttpRequest, page, render, toast
from zhiyin.web.lists import Tab, parse_filter
from zhiyin.web.sales.forms import ClosingForm

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks a board to show; ``query`` is the same again, for the addresses of its lanes."""

    pipelines: list[Pipeline]
    pipeline: Pipeline | None
    by: Lanes
    where: OpportunityFilter
    query: str


def _asked(request: HttpRequest) -> Asked:
    pipelines = queries.boards()
    wanted = request.GET.get("pipeline", "")
    found = next((each for each in pipelines if wanted in ("", str(each.pk))), None)
    if wanted and found is None:
        raise NotFound
    where = parse_filter(OpportunityFilter, request.GET)
    kept = request.GET.copy()
    for name in ("lane", "after", "shown"):
        kept.pop(name, None)
    by: Lanes = "horizon" if request.GET.get("by") == "horizon" else "stage"
    return Asked(pipelines, found, by, where, kept.urlencode())


@page(permission="sales.view")
def board(request: HttpRequest) -> HttpResponse:
    asked = _asked(request)
    lanes: list[Lane] = []
    if asked.pipeline:
        lanes = queries.board(
            request.actor,
            asked.pipeline.pk,
            asked.by,
            asked.where,
            now=timezone.now(),
            today=timezone.localdate(),
        )
    context = _context(request, asked, lanes) | {"lanes": lanes}
    if not request.htmx:
        context |= {
            "tabs": _tabs(asked),
            "owners": customers.owners(request.actor),
            "chosen_owners": [str(each) for each in asked.where.owner],
            "units": customers.units(request.actor),
            "chosen_units": [str(each) for each in asked.where.unit],
            "periods": _periods(timezone.localdate()),
            "endings": [
                (each, ClosingForm(each.kind, auto_id=f"{each.kind}-%s")) for each in _closing(lanes)
            ],
        }
    return render(request, "sales/board.html", context, partial="lanes")


@page(permission="sales.view", quiet=True)
def board_lane(request: HttpRequest) -> HttpResponse:
    """One lane anew with as many cards as were ``shown``, or its next cards from ``after`` on."""
    asked = _asked(request)
    if asked.pipeline is None:
        raise NotFound
    after = request.GET.get("after", "")
    found = queries.lane(
        request.actor,
        asked.pipeline.pk,
        asked.by,
        request.GET.get("lane", ""),
        asked.where,
        after=after,
        limit=queries.CARDS if after else _shown(request),
        now=timezone.now(),
        today=timezone.localdate(),
    )
    template = "sales/_cards.html" if after else "sales/_lane.html"
    return render(request, template, _context(request, asked, [found]) | {"lane": found})


def _shown(request: HttpRequest) -> int:
    said = request.GET.get("shown", "")
    shown = int(said) if said.isdecimal() and len(said) < 6 else 0
    return min(max(shown, queries.CARDS), MOST_SHOWN)


@require_POST
@page(permission="sales.edit")
def board_move(request: HttpRequest, opportunity_id: uuid.UUID) -> HttpResponse:
    """Put a card into a lane. What the address says holds, else what was sent, so that a move can be undone."""
    said = {**request.POST.dict(), **request.GET.dict()}
    form = ClosingForm(str(said.get("kind", "")), request.POST)
    form.is_valid()
    if form.errors:
        return _refusal(Invalid(" ".join(str(each) for errors in form.errors.values() for each in errors)))
    try:
        with transaction.atomic():
            message, undo = _put(request, opportunity_id, said, form.cleaned_data)
    except DomainError as error:
        return _refusal(error)
    address = reverse("sales:board_move", args=[opportunity_id])
    return toast(
        HttpResponse(status=204), message, undo=None if "undone" in said else f"{address}?{urlencode(undo)}"
    )


def _refusal(error: DomainError) -> HttpResponse:
    return toast(HttpResponse(status=error.status), error.message, level="error")


def _put(
    request: HttpRequest, opportunity_id: uuid.UUID, said: dict[str, str], closing: dict[str, Any]
) -> tuple[str, dict[str, str]]:
    """Move it, and tell what was done and what undoes it."""
    before = access.opportunity(request.actor, opportunity_id, need="write")
    version = said.get("version", "")
    seen = int(version) if version.isdecimal() and len(version) < 10 else None
    lane, now = said.get("lane", ""), timezone.now()
    if said.get("by") == "horizon":
        moved = actions.update_opportunity(
            actor=request.actor,
            opportunity_id=opportunity_id,
            changes={"horizon": "" if lane == queries.UNSAID else lane},
            version=seen,
            now=now,
        )
        left = before.horizon or queries.UNSAID
        name = str(Horizon(moved.horizon).label) if moved.horizon else _("No horizon yet")
    else:
        moved = actions.move_opportunity(
            actor=request.actor,
            opportunity_id=opportunity_id,
            stage_id=_key(lane),
            version=seen,
            closing=Closing(closing.get("reason_id"), closing["text"], closing["on"]),
            now=now,
        )
        left, name = str(before.stage_id), moved.stage.name
    undo = {"lane": left, "by": said.get("by", ""), "version": str(moved.version), "undone": "1"}
    return _("“%(deal)s” is in “%(lane)s” now.") % {"deal": moved.name, "lane": name}, undo


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Invalid(_("There is no such stage.")) from error


def _context(request: HttpRequest, asked: Asked, lanes: list[Lane]) -> dict[str, Any]:
    now = timezone.now()
    return {
        "stuck": {row["id"] for each in lanes for row in each.cards.rows if queries.row_is_stuck(row, now)},
        "asked": asked,
        "where": asked.where,
        "today": timezone.localdate(),
        "may_edit": request.actor.may("sales.edit"),
    }


def _closing(lanes: list[Lane]) -> list[Lane]:
    return [each for each in lanes if each.kind != StageKind.OPEN]


def _tabs(asked: Asked) -> list[Tab]:
    """A board for each pipeline by stage, and one by horizon."""
    address = reverse("sales:board")
    chosen = asked.pipeline.pk if asked.pipeline else None
    tabs = [
        Tab(each.name, f"{address}?pipeline={each.pk}", asked.by == "stage" and each.pk == chosen)
        for each in asked.pipelines
    ]
    horizon = f"{address}?by=horizon" + (f"&pipeline={chosen}" if chosen else "")
    return [*tabs, Tab(_("By buying horizon"), horizon, asked.by == "horizon")] if tabs else []


def _periods(today: datetime.date) -> list[tuple[str, str]]:
    """The last day of this month, of this quarter and of this year, with their names."""
    month = _last_day(today.year, today.month)
    quarter = _last_day(today.year, (today.month + 2) // 3 * 3)
    year = datetime.date(today.year, 12, 31)
    return [
        (month.isoformat(), _("Until the end of the month")),
        (quarter.isoformat(), _("Until the end of the quarter")),
        (year.isoformat(), _("Until the end of the year")),
    ]


def _last_day(year: int, month: int) -> datetime.date:
    following = datetime.date(year + month // 12, month % 12 + 1, 1)
    return following - datetime.timedelta(days=1)
