"""What filters of customers ask about follow-ups and tasks."""

import datetime
import json
from typing import Any

from django.utils import timezone

from tests.cast import Company
from zhiyin.activities.actions import add_follow_up, create_task
from zhiyin.activities.models import FollowUp
from zhiyin.customers import actions, queries
from zhiyin.customers.queries import CustomerFilter


def names(company: Company, field: str, op: str, value: Any = None, who: str = "gao") -> set[str]:
    where = CustomerFilter(filter=json.dumps({"of": [{"field": field, "op": op, "value": value}]}))
    return {row["name"] for row in queries.list_customers(company.people[who].actor, where).rows}


def test_who_was_not_followed_up_for_long_and_what_is_due(inside: Company, now: datetime.datetime) -> None:
    actor, today = inside.lin.actor, timezone.localdate()
    made = {
        name: actions.create_customer(actor=actor, name=name, now=now) for name in ("fresh", "stale", "never")
    }
    for name in ("fresh", "stale"):
        add_follow_up(actor=actor, customer_id=made[name].pk, kind="call", body="x", now=now)
    long_ago = now - datetime.timedelta(days=60)
    FollowUp.objects.filter(customer=made["stale"].pk).update(created_at=long_ago)
    month = {"number": 30, "unit": "day"}
    assert names(inside, "followed_up", "last", month) == {"fresh"}
    assert names(inside, "followed_up", "older", month) == {"stale"}
    assert names(inside, "followed_up", "empty") == {"never"}
    create_task(actor=actor, title="call", customer_id=made["stale"].pk, due_on=today, now=now)
    assert names(inside, "task_due", "this", "day") == {"stale"}
    assert names(inside, "task_due", "filled") == {"stale"}
    assert names(inside, "task_due", "older", {"number": 1, "unit": "day"}) == set()
    # an outsider sees neither the customer nor the task
    assert names(inside, "task_due", "filled", who="wu") == set()
