"""The first page: what asks for attention today, as far as the person may see it."""

from typing import Any

from django.http import HttpResponse

from zhiyin.analytics import queries as analysed
from zhiyin.commerce.queries import OrderFilter, list_orders
from zhiyin.customers.queries.listing import CustomerFilter, list_customers
from zhiyin.platform import jobs
from zhiyin.platform.choices import JobState
from zhiyin.web.activities.parts import due_today
from zhiyin.web.http import HttpRequest, page, render
from zhiyin.web.insight.views import said_by
from zhiyin.web.sales.parts import waiting_today

ROWS = 6
FINDINGS = 5
UNLIKELY = 0.5


@page()
def home(request: HttpRequest) -> HttpResponse:
    actor = request.actor
    context: dict[str, Any] = {
        "currency": request.tenant.currency,
        "running": jobs.visible(actor).filter(created_by=actor.member_id, state=JobState.RUNNING)[:3],
    }
    if actor.may("activities.view"):
        context["due"] = due_today(request, limit=ROWS)
        context["may_edit"] = actor.may("activities.edit")
    if actor.may("sales.view"):
        context["sales"] = waiting_today(request)
    if actor.may("customers.view"):
        context["anybody"] = list_customers(actor, CustomerFilter(), limit=1).rows
    if actor.may("customers.view") and actor.may("insight.view"):
        leaving = CustomerFilter(alive_max=UNLIKELY)
        context["leaving"] = list_customers(actor, leaving, sort="-value", limit=ROWS).rows
    if actor.may("orders.view"):
        context["orders"] = list_orders(actor, OrderFilter(), limit=ROWS).rows
    if actor.may("insight.company") and (found := analysed.latest_analysis()) is not None:
        context["findings"] = said_by(found, request.tenant.currency, current=True)[:FINDINGS]
    return render(request, "home.html", context)
