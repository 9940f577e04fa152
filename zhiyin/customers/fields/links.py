"""What a field can be a link to. A higher app adds what it has, from the ``ready`` of its configuration.

The kept value is the record's id. People read and write what the record is known by: a customer's or product's code,
a member's name or mail address. A customer who was merged leads on to the file it is part of.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhiyin.accounts.models import Member
from zhiyin.customers import access
from zhiyin.customers.keys import code_key
from zhiyin.customers.models import Customer
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid

CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Linked:
    """A record as a link shows it: what it is known by, its name, and its id today."""

    id: uuid.UUID
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of records. ``named`` gives those of these ids by them, ``meant`` what a text says, ``found`` some that
    fit one that is being typed; ``page`` names the record's page, whose argument is its id."""

    code: str
    label: str | Promise
    named: Callable[[Iterable[uuid.UUID]], Mapping[uuid.UUID, Linked]]
    meant: Callable[[str], uuid.UUID | None]
    found: Callable[[Actor, str], Iterable[Linked]]
    page: str = ""


_targets: dict[str, Target] = {}


def register(target: Target) -> None:
    _targets[target.code] = target


def targets() -> Mapping[str, Target]:
    return _targets


def known(target: str, ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, Linked]:
    """The records of these ids that there are. One SQL statement for all of them, two of customers."""
    ids = list(ids)
    return _targets[target].named(ids) if ids and target in _targets else {}


def of(target: str, kept: object) -> Linked | None:
    """The record that a kept value leads to."""
    key = _uuid(kept)
    return known(target, [key]).get(key) if key else None


def read(target: str, given: object, kept: object) -> str:
    """A link that somebody wrote, as it is kept. Raises ``Invalid``."""
    text = str(given).strip()
    if text == kept:
        return text
    key = _uuid(text)
    if key is not None:
        linked = known(target, [key]).get(key)
        key = linked.id if linked else None
    elif target in _targets and 0 < len(text) <= 200 and "\0" not in text:
        key = _targets[target].meant(text)
    if key is None:
        raise Invalid(_("Nothing is found by “%s”.") % text[:100])
    # as long as it leads there nothing is changed, as by a form that shows the code
    before = of(target, kept)
    return str(kept) if before and before.id == key else str(key)


def require_reach(actor: Actor, target: str, value: object) -> None:
    """Raise ``Invalid`` for a customer out of the actor's reach, like for one there is not."""
    if target == CUSTOMER and not access.customers(actor).filter(pk__in=[_uuid(value)]).exists():
        raise Invalid(_("Nothing is found by “%s”.") % str(value)[:100])


def _uuid(value: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None


def _customers(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Linked]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, surviving_customer(id) FROM unnest(%s::uuid[]) AS id", [list(ids)])
        today = dict(cursor.fetchall())
    rows = Customer.objects.filter(pk__in=[each for each in today.values() if each])
    there = {row.pk: Linked(row.pk, row.code, row.name) for row in rows.only("id", "code", "name")}
    return {key: there[now] for key, now in today.items() if now in there}


def _customer(text: str) -> uuid.UUID | None:
    key = code_key(text)
    return Customer.objects.filter(code_key=key).values_list("pk", flat=True).first() if key else None


def _members(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Linked]:
    rows = Member.objects.filter(pk__in=list(ids)).values_list("pk", "name")
    return {key: Linked(key, name, name) for key, name in rows}


def _member(text: str) -> uuid.UUID | None:
    rows = Member.objects.filter(Q(name__iexact=text) | Q(user__email__iexact=text), is_active=True)
    found = list(rows.values_list("pk", flat=True)[:2])
    return found[0] if len(found) == 1 else None


def _members_found(_actor: Actor, text: str) -> list[Linked]:
    rows = Member.objects.filter(
        Q(name__icontains=text) | Q(name_key__icontains=text) | Q(user__email__istartswith=text),
        is_active=True,
    )
    return [
        Linked(each.pk, each.user.email, each.name)
        for each in rows.select_related("user").order_by("name_key")[:8]
    ]


MEMBER = Target("member", gettext_lazy("Colleague"), _members, _member, _members_found)


def customer_target(search: Callable[[Actor, str], Iterable[Mapping[str, object]]]) -> Target:
    """Customers, who are found by what lies above the fields."""

    def found(actor: Actor, text: str) -> list[Linked]:
        rows = search(actor, text)
        return [Linked(uuid.UUID(str(row["id"])), str(row["code"]), str(row["name"])) for row in rows]

    return Target(CUSTOMER, gettext_lazy("Customer"), _customers, _customer, found, "customers:record")
