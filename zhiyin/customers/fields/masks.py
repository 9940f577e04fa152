"""What is told of values by which a role shall recognise them, but not learn them; of a field out of sight, nothing."""

import copy
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from zhiyin.customers import access
from zhiyin.customers.choices import ContactKind, FieldAccess
from zhiyin.customers.fields.registry import CORE, PREFIX
from zhiyin.customers.models import ContactPoint, Customer
from zhiyin.customers.sealing import in_clear
from zhiyin.platform.actors import Actor

STARS = "***"
_ID_NUMBER = re.compile(r"\d{14,19}[\dXx]")
_CORE = frozenset(each.name for each in CORE)


def mask(name: str, value: Any) -> Any:
    """``138****1234`` of a phone, ``l***@x.cn`` of an address, ``3101**********1234`` of a long number; else stars."""
    if value in (None, "", [], {}):
        return value
    told = _OF.get(name, _text)
    return told(str(value))


def _phone(value: str) -> str:
    digits = re.sub(r"\D", "", value)
    if len(digits) > 11 and digits.startswith("86"):
        digits = digits[2:]
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 10 else STARS


def _email(value: str) -> str:
    name, at, host = value.rpartition("@")
    return f"{name[:1]}{STARS}{at}{host}" if at else STARS


def _text(value: str) -> str:
    plain = re.sub(r"[\s-]", "", value)
    return plain[:4] + "*" * (len(plain) - 8) + plain[-4:] if _ID_NUMBER.fullmatch(plain) else STARS


_OF: Mapping[str, Callable[[str], str]] = {ContactKind.PHONE: _phone, ContactKind.EMAIL: _email}


def told(actor: Actor, name: str, value: Any) -> Any:
    """A field's value as this actor's role sees it; ``None`` where it does not."""
    match access.field_access(actor, name):
        case FieldAccess.MASKED:
            return mask(name, value)
        case FieldAccess.HIDDEN:
            return None
    return value


def veiled_row(actor: Actor, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of a list, whose names are those of fields; what the actor does not see is empty text."""
    if not actor.fields:
        return row
    unseen = row.keys() & actor.fields.keys()
    seen = {**row, **{name: told(actor, name, row[name]) or "" for name in unseen}}
    return {**seen, "custom": _veiled_own(actor, row["custom"])} if "custom" in row else seen


def _veiled_own(actor: Actor, values: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: told(actor, PREFIX + key, value) for key, value in values.items()}
    return {key: value for key, value in own.items() if value is not None}


def veiled_customer(actor: Actor, customer: Customer) -> Customer:
    """A customer to be read, not written: what the actor's role does not see is taken off."""
    if not actor.fields:
        return customer
    seen = copy.copy(customer)
    for name in _CORE & actor.fields.keys():
        setattr(seen, name, told(actor, name, getattr(customer, name)) or "")
    seen.custom = _veiled_own(actor, customer.custom)
    return seen


def veiled_points(actor: Actor, points: Iterable[ContactPoint]) -> list[ContactPoint]:
    """Contact points to be read, not written: masked, or without those of kinds out of sight.

    For who reaches their customers: sealed ones are read too.
    """
    return [_veiled(actor, each) for each in in_clear(points) if each.kind not in access.hidden(actor)]


def _veiled(actor: Actor, point: ContactPoint) -> ContactPoint:
    how = access.field_access(actor, point.kind)
    seen = copy.copy(point)
    seen.seen_as = how
    if how == FieldAccess.MASKED:
        seen.value, seen.parts = mask(point.kind, point.value), {}
        # a key or a hash of it would tell the value
        seen.value_key = seen.value
    return seen


def veiled_changes(actor: Actor, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry of the log tells this actor: ``[old, new]`` by field."""
    hidden = access.hidden(actor)
    return {
        name: _veiled_pair(actor, name, pair) if name in actor.fields else pair
        for name, pair in changes.items()
        if name not in hidden
    }


def _veiled_pair(actor: Actor, name: str, pair: Any) -> Any:
    values = pair if isinstance(pair, list) else [pair]
    return [told(actor, name, value) for value in values]
