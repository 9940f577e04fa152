"""Whom a page is printed for, and what stands on it."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from zhiyin.customers.choices import ContactKind
from zhiyin.customers.keys import phone_text
from zhiyin.customers.models import ContactPoint, Customer, contact_order
from zhiyin.customers.sealing import in_clear

DIVISIONS = ("province", "city", "district", "township")
AT_HOME = frozenset({"", "中国", "中华人民共和国", "china", "cn", "prc"})


@dataclass(frozen=True, slots=True)
class Recipient:
    """``lines`` is the address without the name, the postcode apart where it is known.

    At home the name stands below the address, abroad above it.
    """

    name: str
    lines: tuple[str, ...]
    postcode: str = ""
    is_abroad: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a phone list."""

    name: str
    code: str
    city: str
    owner: str
    phones: tuple[str, ...]
    emails: tuple[str, ...]


def recipients(customers: QuerySet[Customer], today: datetime.date) -> list[Recipient]:
    """Those who have an address that holds today, by name. Two SQL statements, or three."""
    names = list(customers.order_by("name_key", "id").values_list("pk", "name"))
    points = _points([key for key, _name in names], today, ContactKind.ADDRESS)
    return [recipient_of(name, points[key][0]) for key, name in names if key in points]


def entries(customers: QuerySet[Customer], today: datetime.date, region: str | None) -> list[Entry]:
    """All customers by name, with numbers and mail addresses that hold today. Two SQL statements, or three."""
    rows = list(customers.order_by("name_key", "id").values_list("pk", "name", "code", "city", "owner__name"))
    points = _points([row[0] for row in rows], today, ContactKind.PHONE, ContactKind.EMAIL)
    return [
        Entry(
            name,
            code,
            city,
            owner or "",
            tuple(_phone(each, region) for each in points.get(key, ()) if each.kind == ContactKind.PHONE),
            tuple(each.value for each in points.get(key, ()) if each.kind == ContactKind.EMAIL),
        )
        for key, name, code, city, owner in rows
    ]


def _points(
    ids: list[uuid.UUID], today: datetime.date, *kinds: ContactKind
) -> Mapping[uuid.UUID, list[ContactPoint]]:
    holds = Q(valid_until=None) | Q(valid_until__gte=today)
    found = ContactPoint.objects.filter(holds, customer__in=ids, kind__in=kinds).order_by(
        *contact_order(today)
    )
    points: dict[uuid.UUID, list[ContactPoint]] = defaultdict(list)
    for point in in_clear(found):
        points[point.customer_id].append(point)
    return points


def _phone(point: ContactPoint, region: str | None) -> str:
    text = phone_text(point.value_key, region) if point.value_key.startswith("+") else point.value
    return f"{text} ({point.label})" if point.label else text


def recipient_of(name: str, point: ContactPoint) -> Recipient:
    parts = point.parts
    if not parts or parts.keys() == {"street"}:
        return Recipient(name, (point.value,))
    postcode = parts.get("postcode", "")
    if parts.get("country", "").casefold() in AT_HOME:
        return Recipient(name, _at_home(parts), postcode)
    place = " ".join(filter(None, (postcode, parts.get("city", ""))))
    district = " ".join(filter(None, (parts.get("township", ""), parts.get("district", ""))))
    lines = (parts.get("street", ""), district, place, parts.get("province", ""), parts["country"].upper())
    return Recipient(name, tuple(filter(None, lines)), is_abroad=True)


def _at_home(parts: Mapping[str, str]) -> tuple[str, ...]:
    """Divisions from the largest down, a municipality once, and below them the street."""
    names = [parts.get(level, "") for level in DIVISIONS]
    place = joined(name for at, name in enumerate(names) if name and name not in names[:at])
    return tuple(filter(None, (place, parts.get("street", ""))))


def joined(words: Iterable[str]) -> str:
    """Chinese words stand without blanks between them, others with."""
    text = ""
    for word in words:
        text += f" {word}" if text and (text[-1].isascii() or word[0].isascii()) else word
    return text
