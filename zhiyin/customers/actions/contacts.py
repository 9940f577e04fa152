"""Contact points: telephone numbers, e-mail addresses, postal addresses."""

import datetime
import uuid
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Tenant
from zhiyin.customers import access
from zhiyin.customers.actions.index import reindex
from zhiyin.customers.choices import ContactKind
from zhiyin.customers.events import CustomerChanged
from zhiyin.customers.keys import REGIONS, phone_key
from zhiyin.customers.models import ContactPoint, Customer
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.platform.pinyin import normalise
from zhiyin.platform.record import record
from zhiyin.platform.versions import require_seen

ADDRESS_PARTS = ("country", "province", "city", "district", "street", "postcode")
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
    now: datetime.datetime,
) -> ContactPoint:
    """A further way to reach a customer; the first of its kind becomes the primary one.

    Raises ``Invalid`` for what cannot be reached, ``Conflict`` for what is there already.
    """
    actor.require("customers.edit")
    customer = access.customer(actor, customer_id, lock=True)
    point = ContactPoint(customer=customer, created_at=now)
    _apply(actor, point, kind=kind, value=value, label=label, parts=parts)
    others = ContactPoint.objects.filter(customer=customer)
    if others.count() >= MOST:
        raise Conflict(_("A customer has at most 50 contact points."))
    same_kind = others.filter(kind=point.kind)
    if same_kind.filter(value_key=point.value_key).exists():
        raise Conflict(_("This is there already."), field="value")
    point.is_primary = is_primary or not same_kind.exists()
    if point.is_primary:
        same_kind.update(is_primary=False)
    point.save()
    _tell(actor, customer, point.kind, (None, point.value), now)
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
    version: str | None = None,
    now: datetime.datetime,
) -> ContactPoint:
    """Change a contact point; it stays of its kind. A primary one stays so until another becomes it.

    Raises ``Conflict`` when it is not of ``version`` any more.
    """
    actor.require("customers.edit")
    customer, point = _locked(actor, customer_id, contact_id, version)
    before = point.value
    _apply(actor, point, kind=point.kind, value=value, label=label, parts=parts)
    same_kind = ContactPoint.objects.filter(customer=customer, kind=point.kind).exclude(pk=point.pk)
    if same_kind.filter(value_key=point.value_key).exists():
        raise Conflict(_("This is there already."), field="value")
    if is_primary and not point.is_primary:
        point.is_primary = True
        same_kind.update(is_primary=False)
    point.save()
    _tell(actor, customer, point.kind, (before, point.value), now)
    return point


def remove_contact(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    contact_id: uuid.UUID,
    version: str | None = None,
    now: datetime.datetime,
) -> None:
    """Take a contact point away; the oldest of its kind that is left becomes the primary one.

    Raises ``Conflict`` when it is not of ``version`` any more.
    """
    actor.require("customers.edit")
    customer, point = _locked(actor, customer_id, contact_id, version)
    point.delete()
    if point.is_primary:
        left = ContactPoint.objects.filter(customer=customer, kind=point.kind).order_by("created_at", "id")
        ContactPoint.objects.filter(pk__in=left.values("pk")[:1]).update(is_primary=True)
    _tell(actor, customer, point.kind, (point.value, None), now)


def _locked(
    actor: Actor, customer_id: uuid.UUID, contact_id: uuid.UUID, version: str | None
) -> tuple[Customer, ContactPoint]:
    customer = access.customer(actor, customer_id, lock=True)
    point = ContactPoint.objects.filter(pk=contact_id, customer=customer).first()
    if point is None:
        raise NotFound
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
    if "\0" in value or len(value) > 400:
        raise Invalid(field="value")
    if "\0" in label or len(label) > 50:
        raise Invalid(field="label")
    point.kind, point.label = kind, label
    match kind:
        case ContactKind.PHONE:
            point.value, point.value_key = value, _phone(actor, value)
        case ContactKind.EMAIL:
            point.value, point.value_key = value, _email(value)
        case ContactKind.ADDRESS:
            given = _address(parts or {})
            if value or given != point.parts:
                point.value = value or " ".join(given.values())
            point.parts = given
            point.value_key = normalise(point.value)[:400]
            if not point.value or len(point.value) > 400:
                raise Invalid(_("Write an address."), field="value")
        case _:
            raise Invalid(_("This is not one of the choices."), field="kind")


def _phone(actor: Actor, value: str) -> str:
    currency = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    key = phone_key(value, REGIONS.get(currency))
    if key is None:
        raise Invalid(
            _("This is not a telephone number. Foreign ones begin with + and the country's code."),
            field="value",
        )
    return key


def _email(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError as error:
        raise Invalid(_("This is not an e-mail address."), field="value") from error
    return value.casefold()[:400]


def _address(parts: Mapping[str, str]) -> dict[str, str]:
    kept = {name: " ".join(str(parts.get(name) or "").split()) for name in ADDRESS_PARTS}
    if any("\0" in part or len(part) > 400 for part in kept.values()):
        raise Invalid(field="value")
    return {name: part for name, part in kept.items() if part}


def _tell(
    actor: Actor, customer: Customer, kind: str, change: tuple[str | None, str | None], now: datetime.datetime
) -> None:
    customer.version += 1
    customer.updated_at = now
    customer.save(update_fields=["version", "updated_at"])
    if kind != ContactKind.ADDRESS:
        reindex(actor, customer)
    record(
        CustomerChanged(customer.pk, [kind]),
        actor=actor,
        now=now,
        subject=("customer", customer.pk),
        changes={kind: change},
    )
