"""Who may keep an entry of the timeline on top. The customer is 林岚's: 马超 is above her."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.customers.actions import create_customer
from zhiyin.customers.models import TimelineEvent

Given = Mapping[str, Any]
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao


def customer(company: Company) -> Given:
    made = create_customer(actor=company.lin.actor, name="颐和", kind="organisation", now=timezone.now())
    return {"customer_id": made.pk}


def touch(company: Company) -> Given:
    given = customer(company)
    return {**given, "event_id": TimelineEvent.objects.get(customer=given["customer_id"]).id}


ROWS = [
    Row("POST", "customers:pin_touch", "302 302 404 302 404 404 403 302 404", touch, {"pinned": "1"}),
    Row("PUT", "api:pin_touch", "401 204 404 204 404 404 403 204 404", touch, {"pinned": True}),
    Row("GET", "api:list_pinned", "401 200 404 200 404*2 200*2 404", customer),
]
