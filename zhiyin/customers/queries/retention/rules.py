"""The company's rules of retention."""

import datetime
import uuid
from collections.abc import Iterable

import structlog
from django.db.models import Case, Q, QuerySet, Value, When

from zhiyin.customers import filters
from zhiyin.customers.filters.tree import read
from zhiyin.customers.models import Customer, RetentionRule
from zhiyin.customers.queries.retention.areas import by_section
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import DomainError

log = structlog.get_logger("zhiyin.customers")


def retention_rules(*, archived: bool = False) -> list[RetentionRule]:
    """By name, with the purpose. One SQL statement."""
    rows = RetentionRule.objects.filter(archived_at__isnull=not archived).select_related("purpose")
    return list(rows.order_by("name", "id"))


def condition_of(rule: RetentionRule, tenant_id: uuid.UUID, today: datetime.date) -> Q | None:
    """Of which customers a rule holds; ``None`` for one that asks for a field that is no more: it holds of nobody.

    The rule sees every field: who wrote it was asked whether he may.
    """
    known = filters.terms(Actor.system(tenant_id))
    try:
        return filters.compiled(read(rule.filter), known, today)
    except DomainError as error:
        log.warning("customers.rule_unreadable", rule=str(rule.pk), why=str(error.message))
        return None


def rules_about(tenant_id: uuid.UUID, customer_id: uuid.UUID, today: datetime.date) -> list[RetentionRule]:
    """Those that are on or name a purpose, as far as they hold of a customer. Two SQL statements at most."""
    some = [each for each in retention_rules() if each.is_on or each.purpose_id]
    known = [(rule, condition_of(rule, tenant_id, today)) for rule in some]
    narrowed = {f"rule_{rule.pk.hex}": condition for rule, condition in known if condition}
    held = _holding(Customer.objects.filter(pk=customer_id), narrowed) if narrowed else {}
    return [
        rule for rule, condition in known if condition is not None and held.get(f"rule_{rule.pk.hex}", True)
    ]


def _holding(rows: QuerySet[Customer], conditions: dict[str, Q]) -> dict[str, bool]:
    cases = {
        name: Case(When(each, then=Value(True)), default=Value(False)) for name, each in conditions.items()
    }
    found = rows.annotate(**cases).values(*cases).first()
    return dict(found or dict.fromkeys(cases, False))


def kept_for(rules: Iterable[RetentionRule]) -> dict[str, list[RetentionRule]]:
    """The rules that are about each area, by its code. One SQL statement at most."""
    some = list(rules)
    found: dict[str, list[RetentionRule]] = {}
    inside = by_section() if some else {}
    for rule in some:
        for code in {name for each in rule.areas for name in inside.get(each, [each])}:
            found.setdefault(code, []).append(rule)
    return found
