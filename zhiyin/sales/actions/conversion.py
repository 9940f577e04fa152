"""A lead becomes a customer, and perhaps an opportunity; nothing that is known of it is lost."""

import datetime
import uuid
from dataclasses import dataclass
from decimal import Decimal

from zhiyin.customers import access as customers
from zhiyin.customers.actions import add_contact, add_to_timeline, create_customer
from zhiyin.customers.choices import CustomerKind, TimelineKind
from zhiyin.customers.contact_keys import LONGEST
from zhiyin.customers.models import ContactPoint, Customer
from zhiyin.customers.sealing import keys_of
from zhiyin.platform.actors import Actor
from zhiyin.platform.record import Changes
from zhiyin.sales.actions.leads import CONTACTS, lead_to_change, save, tell
from zhiyin.sales.actions.opportunities import create_opportunity
from zhiyin.sales.choices import LeadState
from zhiyin.sales.models import Lead, Opportunity


@dataclass(frozen=True, slots=True)
class Deal:
    """The opportunity that a lead becomes; of unknown worth without an amount."""

    name: str
    amount: Decimal | None = None


def convert_lead(
    *,
    actor: Actor,
    lead_id: uuid.UUID,
    customer_id: uuid.UUID | None = None,
    deal: Deal | None = None,
    version: int | None = None,
    now: datetime.datetime,
) -> Lead:
    """Make a lead a new customer, or part of the one named, with an opportunity where a ``deal`` is named.

    How to reach them goes to the customer where it is not there yet, source and campaign to the opportunity, and what
    they wanted to both: on the timeline at the time they came. Raises ``AlreadyConverted``.
    """
    actor.require("sales.edit")
    actor.require("customers.edit")
    found = lead_to_change(actor, lead_id, version)
    customer = _existing(actor, found, customer_id, now) if customer_id else _new(actor, found, now)
    _came(actor, found, customer, now)
    made = _opportunity(actor, found, customer, deal, now) if deal else None
    before, found.state = found.state, LeadState.CONVERTED
    found.customer, found.opportunity, found.converted_at = customer, made, now
    found.answered_at = found.answered_at or now
    save(found, now)
    changes: Changes = {"lead_state": [before, found.state], "customer": [None, customer.pk]}
    tell(actor, found, LeadState.CONVERTED, changes, now)
    return found


def _new(actor: Actor, lead: Lead, now: datetime.datetime) -> Customer:
    return create_customer(
        actor=actor,
        name=lead.company or lead.name,
        kind=CustomerKind.ORGANISATION if lead.company else CustomerKind.PERSON,
        city=lead.city,
        source=lead.source,
        owner_id=lead.owner_id or actor.member_id,
        contacts={kind: value for field, kind in CONTACTS.items() if (value := getattr(lead, field))},
        now=now,
    )


def _existing(actor: Actor, lead: Lead, customer_id: uuid.UUID, now: datetime.datetime) -> Customer:
    customers.hold(customer_id)
    customer = customers.customer(actor, customer_id, need="write")
    for field, kind in CONTACTS.items():
        value, key = getattr(lead, field), getattr(lead, f"{field}_key")
        there = ContactPoint.objects.filter(customer=customer, kind=kind, value_key__in=keys_of(kind, key))
        if value and not there.exists():
            add_contact(
                actor=actor,
                customer_id=customer.pk,
                kind=kind,
                value=value[:LONGEST],
                label=lead.name,
                now=now,
            )
    return customer


def _came(actor: Actor, lead: Lead, customer: Customer, now: datetime.datetime) -> None:
    told = ("name", "company", "source", "campaign", "details", "city", "consent")
    add_to_timeline(
        actor=actor,
        customer_id=customer.pk,
        kind=TimelineKind.LEAD,
        occurred_at=min(lead.created_at, now),
        object_id=lead.pk,
        data={name: getattr(lead, name) for name in told},
    )


def _opportunity(
    actor: Actor, lead: Lead, customer: Customer, deal: Deal, now: datetime.datetime
) -> Opportunity:
    return create_opportunity(
        actor=actor,
        name=deal.name,
        amount=deal.amount,
        customer_id=customer.pk,
        owner_id=lead.owner_id or actor.member_id,
        source=lead.source,
        campaign=lead.campaign,
        details=lead.details,
        now=now,
    )
