"""For how long owners keep customers: the rules, and whose protection ends soon."""

import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Count
from django.utils import timezone

from zhiyin.customers import access
from zhiyin.customers.fields import veiled_customer
from zhiyin.customers.models import Customer, Holding, Pool, ProtectionRule
from zhiyin.customers.queries.counting import Count as Counted
from zhiyin.customers.queries.counting import count
from zhiyin.customers.queries.routing import first_match, routed
from zhiyin.platform.actors import Actor
from zhiyin.platform.jobs import Job
from zhiyin.platform.paging import Keyset, Page

RUNS = 10


@dataclass(frozen=True, slots=True)
class Lapsing:
    """Customers by the day on which their protection ends; ``pools`` names where each would go."""

    page: Page[Customer]
    count: Counted
    pools: Mapping[uuid.UUID, Pool]


def protection_rules(*, archived: bool = False) -> list[ProtectionRule]:
    """In the order in which they are asked. One SQL statement."""
    rows = ProtectionRule.objects.filter(archived_at__isnull=not archived)
    return list(rows.order_by("position", "created_at", "id"))


def lapsing(actor: Actor, *, days: int, now: datetime.datetime, after: str = "") -> Lapsing:
    """Whose protection would end within so many days, of those that are the actor's to dispose of."""
    ends = now + datetime.timedelta(days=days)
    rows = access.customers(actor, "full").filter(holding__until__lte=ends)
    found = Keyset(
        rows.select_related("holding", "owner"), order=["holding__until"], twin="holding__customer_id"
    ).page(after, 50)
    veiled = [veiled_customer(actor, each) for each in found.rows]
    pools = _pools(actor, [each.pk for each in veiled], now)
    return Lapsing(replace(found, rows=veiled), count(rows), pools)


def _pools(actor: Actor, ids: Sequence[uuid.UUID], now: datetime.datetime) -> Mapping[uuid.UUID, Pool]:
    to = routed(actor.tenant_id, ids, timezone.localdate(now))
    known = Pool.objects.in_bulk(list(set(to.values())))
    return {key: known[pool] for key, pool in to.items()}


def protected_until(ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, datetime.datetime]:
    """When the protection of some customers ends, by customer. One SQL statement."""
    rows = Holding.objects.filter(customer__in=list(ids)).exclude(until=None)
    return {key: until for key, until in rows.values_list("customer_id", "until") if until}


def reclaim_runs() -> list[Job]:
    """The last ones, the newest first. One SQL statement."""
    return list(Job.objects.filter(kind="customers.reclaim").order_by("-created_at")[:RUNS])


def still_owned(
    tenant_id: uuid.UUID, member_id: uuid.UUID, ids: Sequence[uuid.UUID], today: datetime.date
) -> list[uuid.UUID]:
    """Those of some customers, in their order, whom a member may own beside his others by the rules' limits.

    Three SQL statements, one when no rule has a limit.
    """
    rules = protection_rules()
    left = {each.pk: each.most_owned for each in rules if each.most_owned is not None}
    if not left:
        return list(ids)
    match = first_match(tenant_id, [(each.pk, each.filter) for each in rules], today)
    owned = Customer.objects.filter(owner=member_id).annotate(rule=match).order_by()
    for rule, number in owned.values_list("rule").annotate(number=Count("pk")):
        if rule in left:
            left[rule] -= number
    rule_of = dict(Customer.objects.filter(pk__in=list(ids)).annotate(rule=match).values_list("pk", "rule"))
    fitting = []
    for key in ids:
        rule = rule_of.get(key)
        if rule in left:
            if left[rule] <= 0:
                continue
            left[rule] -= 1
        fitting.append(key)
    return fitting
