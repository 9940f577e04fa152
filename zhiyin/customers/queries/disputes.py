"""Whose a customer is, where two say it is theirs."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Tenant
from zhiyin.customers import access
from zhiyin.customers.choices import ContactKind, Ruling
from zhiyin.customers.contact_keys import checked
from zhiyin.customers.keys import REGIONS, code_key
from zhiyin.customers.models import ContactPoint, Customer, Dispute
from zhiyin.customers.sealing import keys_of
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.paging import Page, keyset


class InDispute(Conflict):
    message = _("Whose this customer is, is in dispute; its owner stays until that is decided.")


@dataclass(frozen=True, slots=True)
class Part:
    """What this actor may do in a dispute. ``sees`` says whether he sees the customer."""

    answers: bool
    rules: bool
    withdraws: bool
    sees: bool


def disputes(actor: Actor, *, decided: bool = False, after: str = "", limit: int = 50) -> Page[Dispute]:
    """Those that the actor is a party to or may rule on, the newest first."""
    rows = access.disputes(actor).exclude(ruling=Ruling.OPEN) if decided else _open(access.disputes(actor))
    return keyset(_named(rows), order=["-created_at"], after=after, limit=limit)


def disputes_of(customer_id: uuid.UUID) -> list[Dispute]:
    """All of one customer, for who sees it, the newest first. One SQL statement."""
    return list(_named(Dispute.objects.filter(customer=customer_id)).order_by("-created_at")[:50])


def part_in(actor: Actor, dispute: Dispute) -> Part:
    """Two SQL statements at most."""
    is_open = dispute.ruling == Ruling.OPEN
    party = actor.member_id in (dispute.claimant_id, dispute.owner_id)
    sees = access.customers(actor).filter(pk=dispute.customer_id).exists()
    full = access.customers(actor, "full").filter(pk=dispute.customer_id)
    return Part(
        answers=is_open and actor.member_id == dispute.owner_id,
        rules=is_open and not party and actor.may("pools.manage") and full.exists(),
        withdraws=is_open and actor.member_id == dispute.claimant_id,
        sees=sees,
    )


def in_dispute(ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of some customers whose owner is not to change. One SQL statement."""
    return set(_open(Dispute.objects.filter(customer__in=ids)).values_list("customer_id", flat=True))


def undisputed(rows: QuerySet[Customer]) -> QuerySet[Customer]:
    return rows.exclude(Exists(_open(Dispute.objects.filter(customer=OuterRef("pk")))))


def named_customer(actor: Actor, asked: str) -> Customer | None:
    """Whom somebody means who may not see it: by its whole code, telephone number or e-mail address.

    ``None`` for nobody or several. Four SQL statements at most.
    """
    text = asked.strip()
    if not text or "\0" in text:
        return None
    found = (
        Customer.objects.filter(code_key=code_key(text)).first()
        if "code" not in access.closed(actor)
        else None
    )
    if found:
        return found
    currency = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    for kind in (ContactKind.PHONE, ContactKind.EMAIL):
        if kind in access.closed(actor):
            continue
        try:
            key = checked(kind, text[:400], REGIONS.get(currency))[1]
        except Invalid:
            continue
        points = ContactPoint.objects.filter(kind=kind, value_key__in=keys_of(kind, key)).values("customer")
        several = list(Customer.objects.filter(pk__in=points)[:2])
        if len(several) == 1:
            return several[0]
    return None


def _open(rows: QuerySet[Dispute]) -> QuerySet[Dispute]:
    return rows.filter(ruling=Ruling.OPEN)


def _named(rows: QuerySet[Dispute]) -> QuerySet[Dispute]:
    return rows.select_related("customer", "claimant", "owner", "ruled_by")
