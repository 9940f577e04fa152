"""Of whom what is to be cleared by a rule of retention, at a moment."""

import datetime
import functools
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import In
from django.utils import timezone

from zhiyin.customers import access
from zhiyin.customers.choices import RetentionSince, Status
from zhiyin.customers.fields import veiled_customer
from zhiyin.customers.models import Customer, RetentionRule, StatusChange
from zhiyin.customers.queries.facts import facts
from zhiyin.customers.queries.retention.areas import Area, Records, areas_of
from zhiyin.customers.queries.retention.holds import held
from zhiyin.customers.queries.retention.rules import condition_of
from zhiyin.platform.actors import Actor
from zhiyin.platform.database.bounded import TookTooLong, bounded
from zhiyin.platform.jobs import Job
from zhiyin.platform.paging import Page, keyset

KIND = "customers.retention"
RUNS = 10
COUNTED_WITHIN, PATIENCE = 3_000, 25_000  # milliseconds
_OVER = (Status.LOST, Status.NON_CUSTOMER)


@dataclass(frozen=True, slots=True)
class Found:
    """How much of an area would be cleared, of how many customers."""

    area: Area
    values: int
    customers: int


@dataclass(frozen=True, slots=True)
class Overdue:
    """What a rule would clear now. Without ``parts`` counting took too long."""

    page: Page[Customer]
    parts: list[Found] | None
    customers: int = 0

    @property
    def values(self) -> int:
        return sum(each.values for each in self.parts or ())


def due(rule: RetentionRule, actor: Actor, now: datetime.datetime) -> QuerySet[Customer]:
    """The customers whose time is over, but those restricted or on legal hold; ``having`` says of whom there is something."""
    condition = condition_of(rule, actor.tenant_id, timezone.localdate(now))
    if condition is None:
        return Customer.objects.none()
    rows = Customer.objects.filter(condition)
    over = _SINCE[RetentionSince(rule.since)](cutoff(rule, now))
    return access.unrestricted(rows.filter(over).exclude(pk__in=held().values("customer")))


def cutoff(rule: RetentionRule, now: datetime.datetime) -> datetime.datetime:
    """What was there before, and was followed by nothing, is over."""
    return now - datetime.timedelta(days=rule.days)


def having(areas: Iterable[Area], before: datetime.datetime) -> Q:
    """Of whom there is something in any area."""
    return functools.reduce(operator.or_, (each.had(before) for each in areas), Q(pk__in=[]))


def _no_fact(codes: Callable[[str], bool], before: datetime.datetime) -> Q:
    quiet = Q(created_at__lt=before)
    for fact in facts():
        if codes(fact.code):
            since = fact.rows().filter(customer=OuterRef("pk"), **{f"{fact.at}__gte": before})
            quiet &= ~Q(Exists(since.order_by()))
    return quiet


def _ended(before: datetime.datetime) -> Q:
    """Lost or no customer at that time, and never anything else since."""
    moves = StatusChange.objects.filter(customer=OuterRef("pk"))
    last = moves.filter(changed_at__lt=before).order_by("-changed_at", "-id").values("status")[:1]
    was = Q(In(Subquery(last), _OVER)) | ~Q(Exists(moves))
    back = Exists(moves.filter(changed_at__gte=before).exclude(status__in=_OVER))
    return Q(created_at__lt=before, status__in=_OVER) & was & ~Q(back)


_SINCE: Mapping[RetentionSince, Callable[[datetime.datetime], Q]] = {
    RetentionSince.CONTACT: lambda before: _no_fact(lambda _code: True, before),
    RetentionSince.ORDER: lambda before: _no_fact(lambda code: code == "order", before),
    RetentionSince.END: _ended,
    RetentionSince.CREATION: lambda _before: Q(),
}


def overdue(
    actor: Actor,
    rule: RetentionRule,
    *,
    after: str = "",
    patient: bool = False,
    now: datetime.datetime,
) -> Overdue:
    """What a rule would clear now, with a page of the customers whom the actor sees; who is ``patient`` waits for
    numbers of a million customers.

    Nine statements and one for each kind of records that the rule names.
    """
    actor.require("settings.manage")
    areas, before = areas_of(rule.areas), cutoff(rule, now)
    rows = due(rule, actor, now).filter(having(areas, before))
    try:
        with bounded(PATIENCE if patient else COUNTED_WITHIN):
            _spare_merging()
            parts, customers = _counted(rows, areas, before)
    except TookTooLong:
        parts, customers = None, 0
    return Overdue(_page(actor, rows, after), parts, customers)


def _spare_merging() -> None:
    """Of a million customers it would read all, and their orders, in the order of their keys."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_mergejoin = off")


def _page(actor: Actor, rows: QuerySet[Customer], after: str) -> Page[Customer]:
    """Nobody where it would take too long to find a few among all."""
    seen = rows.filter(access.reach(actor)).select_related("owner")
    try:
        with bounded(PATIENCE):
            found = keyset(seen, order=["name_key", "id"], after=after, limit=25)
    except TookTooLong:
        return Page([], None, None)
    return replace(found, rows=[veiled_customer(actor, each) for each in found.rows])


def _counted(
    rows: QuerySet[Customer], areas: Sequence[Area], before: datetime.datetime
) -> tuple[list[Found], int]:
    counts = {f"area_{place}": Count("pk", filter=each.had(before)) for place, each in enumerate(areas)}
    told = rows.order_by().aggregate(customers=Count("pk"), **counts)
    found = []
    for place, each in enumerate(areas):
        customers = values = told[f"area_{place}"]
        if isinstance(each, Records) and customers:
            values = each.written(before).filter(customer__in=rows.order_by().values("pk")).count()
        if customers:
            found.append(Found(each, values, customers))
    return found, told["customers"]


def retention_runs() -> list[Job]:
    """The last ones, the newest first. One SQL statement."""
    return list(Job.objects.filter(kind=KIND).order_by("-created_at")[:RUNS])
