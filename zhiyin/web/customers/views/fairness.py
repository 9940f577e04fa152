"""How fairly customers are spread, and the customers behind each number."""

import json
import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.accounts.models import Member
from zhiyin.customers import actions, queries
from zhiyin.platform.errors import NotFound
from zhiyin.web.customers.owning import owning_tabs
from zhiyin.web.http import HttpRequest, notify, page, render

PERIODS = (30, 90, 365)


@page(permission="pools.manage")
def fairness(request: HttpRequest) -> HttpResponse:
    days = _days(request)
    found = queries.fairness(request.actor, days=days, now=timezone.now())
    context = {
        "lines": [(each, _links(each.member.pk, days)) for each in found.lines],
        "units": found.units,
        "known_at": found.known_at,
        "days": days,
        "periods": PERIODS,
        "tabs": owning_tabs(request, "customers:fairness"),
    }
    return render(request, "customers/fairness.html", context)


@page(permission="pools.manage")
def dropped(request: HttpRequest, member_id: uuid.UUID) -> HttpResponse:
    """What somebody claimed and let go without a touch."""
    member = Member.objects.filter(pk=member_id).first()
    if member is None:
        raise NotFound
    days = _days(request)
    token = request.GET.get("after") or request.GET.get("before") or ""
    found = queries.dropped(request.actor, member_id, days=days, now=timezone.now(), after=token)
    context = {
        "page": found,
        "member": member,
        "days": days,
        "seen": queries.reachable(request.actor, [each.customer_id for each in found.rows]),
    }
    return render(request, "customers/dropped.html", context)


@require_POST
@page(permission="pools.manage")
def work_out(request: HttpRequest) -> HttpResponse:
    actions.work_out_holdings(actor=request.actor, now=timezone.now())
    notify(request, _("It is being worked out, in the background."))
    return redirect("jobs:list")


def _days(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in {str(each) for each in PERIODS} else 90


def _links(member_id: uuid.UUID, days: int) -> dict[str, str]:
    """The customers behind each number of a member."""
    never = {"field": "touched", "op": "empty"}
    long_ago = {"field": "touched", "op": "older", "value": {"number": days, "unit": "day"}}
    return {
        "owned": _listed(member_id),
        "never": _listed(member_id, never),
        "untouched": _listed(member_id, {"match": "any", "of": [never, long_ago]}),
        "dropped": f"{reverse('customers:dropped', args=[member_id])}?days={days}",
    }


def _listed(member_id: uuid.UUID, *conditions: Any) -> str:
    owned = {"field": "owner", "op": "in", "value": [str(member_id)]}
    query = urlencode({"filter": json.dumps({"match": "all", "of": [owned, *conditions]})})
    return f"{reverse('customers:list')}?{query}"
