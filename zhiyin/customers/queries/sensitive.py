"""Sensitive values: masks of them, and who has one."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from zhiyin.customers.fields.masks import STARS
from zhiyin.customers.fields.sensitive import Sensitive, sensitive_fields
from zhiyin.customers.models import SensitiveRules, SensitiveValue
from zhiyin.platform import crypto
from zhiyin.platform.actors import Actor

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Masked:
    """A field of one customer as a page shows it: ``mask`` is empty where there is no value."""

    field: Sensitive
    mask: str = ""
    set_at: datetime.datetime | None = None
    erased: bool = False


def sensitive_of(actor: Actor, customer_id: uuid.UUID) -> list[Masked]:
    """Every sensitive field that the actor sees, with the mask of its value. One SQL statement, three with values."""
    fields = sensitive_fields(actor)
    rows = (
        {each.field: each for each in SensitiveValue.objects.filter(customer=customer_id)} if fields else {}
    )
    shown = [rows[each.name] for each in fields if each.name in rows]
    values = dict(zip([each.field for each in shown], _values(shown), strict=True))
    return [
        _masked(each, rows[each.name], values[each.name]) if each.name in rows else Masked(each)
        for each in fields
    ]


def _masked(field: Sensitive, row: SensitiveValue, value: str | None) -> Masked:
    return Masked(field, field.mask(value) if value else STARS, row.set_at, erased=value is None)


def _values(rows: list[SensitiveValue]) -> list[str | None]:
    """In clear; none of what was erased, and none at all where the installation's keys are not at hand."""
    items = [crypto.Item(each.customer_id, each.field, bytes(each.encrypted)) for each in rows]
    try:
        return crypto.decrypt_many(items)
    except crypto.CryptoError as error:
        log.exception("sensitive_values_unreadable", reason=str(error))
        return [None] * len(rows)


def sensitive_rules() -> SensitiveRules:
    """The company's, or the defaults."""
    return SensitiveRules.objects.first() or SensitiveRules()


def values_in_clear(
    customer_ids: Sequence[uuid.UUID], fields: Sequence[str]
) -> dict[tuple[uuid.UUID, str], str]:
    """The values of many customers by customer and field, erased ones aside. Three SQL statements, none for no field.

    Raises ``crypto.CryptoError``.
    """
    if not fields:
        return {}
    rows = SensitiveValue.objects.filter(customer__in=customer_ids, field__in=fields)
    items = [crypto.Item(each.customer_id, each.field, bytes(each.encrypted)) for each in rows]
    clear = zip(items, crypto.decrypt_many(items), strict=True)
    return {(each.subject_id, each.field): text for each, text in clear if text is not None}
