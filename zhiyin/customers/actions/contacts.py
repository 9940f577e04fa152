"""Contact points: telephone numbers, e-mail addresses, accounts at services, postal addresses."""

import base64
import copy
import datetime
import uuid
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Tenant
from zhiyin.customers import access
from zhiyin.customers.actions.before import keep_contact
from zhiyin.customers.actions.index import reindex
from zhiyin.customers.actions.sealing import settle_contacts
from zhiyin.customers.choices import ContactCheck, ContactKind
from zhiyin.customers.contact_keys import LONGEST, SEARCHED, checked
from zhiyin.customers.events import CustomerChanged
from zhiyin.customers.keys import REGIONS
from zhiyin.customers.models import ContactPoint, Customer, Undo, contact_order
from zhiyin.customers.sealing import in_clear, keys_of
from zhiyin.customers.suppression import require_unsuppressed
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.platform.pinyin import normalise
from zhiyin.platform.record import record
from zhiyin.platform.versions import require_seen

ADDRESS_PARTS = ("country", "province", "city", "district", "township", "street", "postcode")
CONTACT_DETAILS = ("label", "is_primary", "verified_on", "verified_how", "valid_until")
MOST = 50


def add_contact(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    kind: str,
    value: str = "",
    label: str = "",
    parts: Mapping[str, str] | None = None,
    is_primary: bool = False,
    verified_on: datetime.date | None = None,
    verified_how: str = "",
    valid_until: datetime.date | None = None,
    now: datetime.datetime,
) -> ContactPoint:
    """A further way to reach a customer; the first of its kind becomes the primary one.

    ``verified_how`` without a day was today. Raises ``Invalid`` for what cannot be reached, ``Conflict`` for what
    is there already.
    """
    actor.require("customers.edit")
    customer = access.customer(actor, customer_id, need="write", lock=True)
    point = ContactPoint(customer=customer, created_at=now)
    _apply(actor, point, kind=kind, value=value, label=label, parts=parts)
    _check(point, verified_on, verified_how, now)
    point.valid_until = valid_until
    same_kind = _require_room(customer, point)
    point.is_primary = is_primary or not same_kind.exists()
    if point.is_primary:
        same_kind.update(is_primary=False)
    point.save()
    _tell(actor, customer, point.kind, _differences(None, point), now)
    return point


def change_contact(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    contact_id: uuid.UUID,
    value: str = "",
    label: str = "",
    parts: Mapping[str, str] | None = None,
    is_primary: bool = False,
    verified_on: datetime.date | None = None,
    verified_how: str = "",
    valid_until: datetime.date | None = None,
    version: str | None = None,
    now: datetime.datetime,
) -> ContactPoint:
    """Change a contact point; it stays of its kind. A primary one stays so until another becomes it.

    What was verified of another value is verified no more. Raises ``Conflict`` when it is not of ``version`` any
    more.
    """
    actor.require("customers.edit")
    customer, point = _locked(actor, customer_id, contact_id, version)
    before = copy.copy(point)
    _apply(actor, point, kind=point.kind, value=value, label=label, parts=parts)
    same_check = (verified_on, verified_how) == (before.verified_on, before.verified_how)
    if point.value_key != before.value_key and same_check:
        verified_on, verified_how = None, ""
    _check(point, verified_on, verified_how, now)
    point.valid_until = valid_until
    same_kind = ContactPoint.objects.filter(customer=customer, kind=point.kind).exclude(pk=point.pk)
    if _is_there(customer, point):
        raise Conflict(_("This is there already."), field="value")
    if is_primary and not point.is_primary:
        point.is_primary = True
        same_kind.update(is_primary=False)
    point.save()
    _tell(actor, customer, point.kind, _differences(before, point), now)
    return point


def remove_contact(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    contact_id: uuid.UUID,
    version: str | None = None,
    now: datetime.datetime,
) -> Undo:
    """Take a contact point away; of those of its kind that are left the next becomes the primary one.

    Raises ``Conflict`` when it is not of ``version`` any more. ``undo_change`` puts it back.
    """
    actor.require("customers.edit")
    customer, point = _locked(actor, customer_id, contact_id, version)
    kept = keep_contact(actor, point, now)
    changes = {point.kind: [point.value, None]}
    if point.is_primary:
        left = ContactPoint.objects.filter(customer=customer, kind=point.kind).exclude(pk=point.pk)
        left = left.order_by(*contact_order(timezone.localdate(now)))
        ContactPoint.objects.filter(pk__in=left.values("pk")[:1]).update(is_primary=True)
    point.delete()
    _tell(actor, customer, point.kind, changes, now)
    return kept


def contact_again(actor: Actor, kept: Undo, now: datetime.datetime) -> list[uuid.UUID]:
    """The removed contact point is there again, unless the customer is gone, or has it anew."""
    values: dict[str, Any] = dict(kept.data)
    values["customer_id"] = access.lead(uuid.UUID(values["customer_id"]))
    if values["customer_id"] is None:
        return []
    mine = access.customers(actor, "write").filter(pk=values["customer_id"])
    customer = mine.select_for_update(no_key=True).first()
    if customer is None:
        return []
    for name in ("verified_on", "valid_until"):
        values[name] = datetime.date.fromisoformat(values[name]) if values[name] else None
    values["created_at"] = datetime.datetime.fromisoformat(values["created_at"])
    values["sealed"] = base64.b64decode(values.get("sealed") or "") or None
    point = in_clear([ContactPoint(**values)])[0]
    try:
        same_kind = _require_room(customer, point)
    except Conflict:
        return []
    if point.is_primary:
        same_kind.update(is_primary=False)
    point.is_primary = point.is_primary or not same_kind.exists()
    point.save(force_insert=True)
    _tell(actor, customer, point.kind, _differences(None, point), now)
    return [customer.pk]


def _require_room(customer: Customer, point: ContactPoint) -> Any:
    """The others of its kind. Raises ``Conflict`` where it is there already, or no further one may be."""
    others = ContactPoint.objects.filter(customer=customer)
    if others.count() >= MOST:
        raise Conflict(_("A customer has at most 50 contact points."))
    if _is_there(customer, point):
        raise Conflict(_("This is there already."), field="value")
    return others.filter(kind=point.kind)


def _is_there(customer: Customer, point: ContactPoint) -> bool:
    """Whether another contact point of the customer is the same."""
    keys = keys_of(point.kind, point.value_key) if customer.pool_id else [point.value_key]
    others = ContactPoint.objects.filter(customer=customer, kind=point.kind).exclude(pk=point.pk)
    return others.filter(value_key__in=keys).exists()


def _locked(
    actor: Actor, customer_id: uuid.UUID, contact_id: uuid.UUID, version: str | None
) -> tuple[Customer, ContactPoint]:
    customer = access.customer(actor, customer_id, need="write", lock=True)
    point = ContactPoint.objects.filter(pk=contact_id, customer=customer).first()
    if point is None:
        raise NotFound
    point = in_clear([point])[0]
    access.require_editable(actor, point.kind, ContactKind(point.kind).label)
    require_seen(version, point.version, f"{point.value} {point.label}".strip())
    return customer, point


def _apply(
    actor: Actor,
    point: ContactPoint,
    *,
    kind: str,
    value: str,
    label: str,
    parts: Mapping[str, str] | None,
) -> None:
    value, label = " ".join(value.split()), " ".join(label.split())
    if "\0" in value or len(value) > LONGEST:
        raise Invalid(field="value")
    if "\0" in label or len(label) > 50:
        raise Invalid(field="label")
    if kind not in ContactKind.values:
        raise Invalid(_("This is not one of the choices."), field="kind")
    access.require_editable(actor, kind, ContactKind(kind).label)
    point.kind, point.label = kind, label
    if kind == ContactKind.ADDRESS:
        _address(point, value, parts or {})
    else:
        point.value, key = checked(ContactKind(kind), value, _region(actor, kind))
        if key != point.value_key:
            require_unsuppressed(kind, key, field="value")
        point.value_key = key


def _region(actor: Actor, kind: str) -> str | None:
    """Whose telephone numbers need no country."""
    return region_of(actor.tenant_id) if kind == ContactKind.PHONE else None


def region_of(tenant_id: uuid.UUID) -> str | None:
    """The country of a company, by its currency."""
    return REGIONS.get(Tenant.objects.values_list("currency", flat=True).get(pk=tenant_id))


def _address(point: ContactPoint, value: str, parts: Mapping[str, str]) -> None:
    given = _parts(parts)
    if value or given != point.parts:
        point.value = value or " ".join(given.values())
    point.parts = given
    point.value_key = normalise(point.value)[:LONGEST]
    if not point.value or len(point.value) > LONGEST:
        raise Invalid(_("Write an address."), field="value")


def _parts(parts: Mapping[str, str]) -> dict[str, str]:
    kept = {name: " ".join(str(parts.get(name) or "").split()) for name in ADDRESS_PARTS}
    if any("\0" in part or len(part) > LONGEST for part in kept.values()):
        raise Invalid(field="value")
    return {name: part for name, part in kept.items() if part}


def _check(
    point: ContactPoint, verified_on: datetime.date | None, verified_how: str, now: datetime.datetime
) -> None:
    today = timezone.localdate(now)
    if verified_how and verified_how not in ContactCheck.values:
        raise Invalid(_("This is not one of the choices."), field="verified_how")
    if verified_on and not verified_how:
        raise Invalid(_("Say how it was verified."), field="verified_how")
    if verified_on and verified_on > today:
        raise Invalid(_("This day is still to come."), field="verified_on")
    point.verified_how = verified_how
    point.verified_on = (verified_on or today) if verified_how else None


def _differences(before: ContactPoint | None, after: ContactPoint) -> dict[str, list[Any]]:
    """What was and what is, for the log; the value always, as it tells which contact point it is."""
    found: dict[str, list[Any]] = {after.kind: [before and before.value, after.value]}
    for name in CONTACT_DETAILS:
        old, new = getattr(before, name, None), getattr(after, name)
        if (old or None) != (new or None):
            found[f"contact_{name}"] = [old, new]
    return found


def _tell(
    actor: Actor, customer: Customer, kind: str, changes: dict[str, list[Any]], now: datetime.datetime
) -> None:
    customer.version += 1
    customer.updated_at = now
    customer.save(update_fields=["version", "updated_at"])
    if customer.pool_id:
        settle_contacts(actor.tenant_id, [customer.pk])
    elif kind in SEARCHED:
        reindex(actor, customer)
    record(
        CustomerChanged(customer.pk, [kind]),
        actor=actor,
        now=now,
        subject=("customer", customer.pk),
        changes=changes,
    )
