"""Which of several rules, each with a filter, holds of a customer: the first."""

import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog
from django.db.models import Case, QuerySet, UUIDField, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from zhiyin.customers import filters
from zhiyin.customers.filters.tree import read
from zhiyin.customers.models import Customer, Pool
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import DomainError

log = structlog.get_logger("zhiyin.customers")


def first_match(
    tenant_id: uuid.UUID, rules: Iterable[tuple[uuid.UUID, object]], today: datetime.date
) -> Cast:
    """The key of the first whose filter, as JSON holds it, lets a customer through; null where none does.

    Rules see every field: who wrote one was asked whether he may. One that asks for a field that is no more holds of
    nobody.
    """
    known = filters.terms(Actor.system(tenant_id))
    cases: list[When] = []
    for key, raw in rules:
        try:
            condition = filters.compiled(read(raw), known, today)
        except DomainError as error:
            log.warning("customers.rule_unreadable", rule=str(key), why=str(error.message))
            continue
        if not condition:
            return _key(Case(*cases, default=Value(key, UUIDField())))
        cases.append(When(condition, then=Value(key, UUIDField())))
    return _key(Case(*cases, default=None, output_field=UUIDField()))


def _key(case: Case) -> Cast:
    return Cast(case, UUIDField())


def open_routes() -> list[Pool]:
    """Pools in the order in which they are asked whether they take a customer. One SQL statement."""
    return list(Pool.objects.filter(archived_at=None).order_by("position", "created_at", "id"))


def with_pool(rows: QuerySet[Customer], tenant_id: uuid.UUID, today: datetime.date) -> QuerySet[Any]:
    """Customers with ``to``, the pool that takes them, or null."""
    rules = [(each.pk, each.filter) for each in open_routes()]
    return rows.annotate(to=first_match(tenant_id, rules, today))


def routed(
    tenant_id: uuid.UUID, ids: Sequence[uuid.UUID], today: datetime.date
) -> Mapping[uuid.UUID, uuid.UUID]:
    """The pools that take some customers, by customer; those whom none takes are left out."""
    among = Customer.objects.filter(pk__in=RawSQL("SELECT unnest(%s::uuid[])", [list(ids)]))
    found = with_pool(among, tenant_id, today).exclude(to=None)
    return dict(found.values_list("pk", "to"))
