"""Disputes: a claim to another's customer, the owner's answer, a manager's ruling."""

import datetime
import uuid
from typing import Any

from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.access import takers
from zhiyin.customers import access
from zhiyin.customers.actions.bulk import Selection, assign_customers
from zhiyin.customers.actions.shares import Sharing, share_customers
from zhiyin.customers.choices import Ruling
from zhiyin.customers.events import DisputeChanged
from zhiyin.customers.models import Customer, Dispute
from zhiyin.customers.queries.disputes import InDispute, in_dispute, named_customer
from zhiyin.platform import notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound, PermissionDenied
from zhiyin.platform.record import record
from zhiyin.platform.text import checked

# who names customers that he does not see is not to try all numbers
MOST_OPEN = 20
RULED = {Ruling.KEPT, Ruling.MOVED, Ruling.SHARED}


def open_dispute(
    *,
    actor: Actor,
    customer_id: uuid.UUID | None = None,
    asked: str = "",
    reason: str,
    evidence: str = "",
    now: datetime.datetime,
) -> Dispute:
    """Say that another's customer is one's own: one that is seen, or that ``asked`` names by code, number or e-mail.

    Raises ``Invalid``, ``InDispute`` when somebody does already, and what ``access.customer`` does.
    """
    actor.require("customers.edit")
    if actor.member_id is None:
        raise PermissionDenied(_("Only a member can have customers."))
    said = checked(reason, "reason", 2000, needed=True)
    proof = checked(evidence, "evidence", 5000)
    if Dispute.objects.filter(claimant=actor.member_id, ruling=Ruling.OPEN).count() >= MOST_OPEN:
        raise Invalid(_("You have enough open disputes."))
    customer = _disputed(actor, customer_id, checked(asked, "asked", 200))
    if in_dispute([customer.pk]):
        raise InDispute
    made = Dispute.objects.create(
        customer=customer,
        claimant_id=actor.member_id,
        owner_id=customer.owner_id,
        asked="" if customer_id else asked.strip(),
        reason=said,
        evidence=proof,
        created_at=now,
    )
    told = {customer.owner_id, *_managers(made)}
    _tell("customers.disputed", told, actor, made, now)
    _record(actor, made, "opened", {"reason": [None, said]}, now)
    return made


def answer_dispute(*, actor: Actor, dispute_id: uuid.UUID, answer: str, now: datetime.datetime) -> Dispute:
    """What the owner says to it; said again, this is what holds. Raises ``Conflict`` when it is decided."""
    actor.require("customers.edit")
    found = _open(actor, dispute_id)
    if actor.member_id is None or actor.member_id != found.owner_id:
        raise PermissionDenied(_("Only the owner answers."))
    before, found.answer = found.answer, checked(answer, "answer", 5000, needed=True)
    found.answered_at = now
    found.save(update_fields=["answer", "answered_at"])
    _tell("customers.dispute_answered", {found.claimant_id, *_managers(found)}, actor, found, now)
    _record(actor, found, "answered", {"answer": [before or None, found.answer]}, now)
    return found


def withdraw_dispute(*, actor: Actor, dispute_id: uuid.UUID, now: datetime.datetime) -> Dispute:
    """The claimant lets it be. Raises ``Conflict`` when it is decided."""
    actor.require("customers.edit")
    found = _open(actor, dispute_id)
    if actor.member_id is None or actor.member_id != found.claimant_id:
        raise PermissionDenied(_("Only who opened it takes it back."))
    return _rule(actor, found, Ruling.WITHDRAWN, "", now)


def decide_dispute(
    *, actor: Actor, dispute_id: uuid.UUID, ruling: str, reason: str, now: datetime.datetime
) -> Dispute:
    """Leave the customer with its owner, move it to the claimant, or share it with him to read and change.

    By who manages pools, has the customer within his record scope, and is no party. Raises ``Conflict`` when it is
    decided, ``Invalid`` without a reason or for a claimant whom the actor gives no customers to.
    """
    actor.require("pools.manage")
    found = _open(actor, dispute_id)
    access.customer(actor, found.customer_id, need="full")
    if actor.member_id in (found.claimant_id, found.owner_id):
        raise PermissionDenied(_("Somebody who is no party decides."))
    if ruling not in RULED:
        raise Invalid(_("This is not one of the choices."), field="ruling")
    said = checked(reason, "reason", 2000, needed=True)
    claimant = found.claimant
    if ruling == Ruling.MOVED and not takers(actor).filter(pk=claimant.pk).exists():
        raise Invalid(
            _("You may not give customers to this person; somebody above both decides."), field="ruling"
        )
    decided = _rule(actor, found, Ruling(ruling), said, now)
    chosen = Selection((found.customer_id,))
    if ruling == Ruling.MOVED:
        assign_customers(actor=actor, selection=chosen, owner_id=claimant.pk, reason=said[:200], now=now)
    elif ruling == Ruling.SHARED:
        sharing = Sharing(member_id=claimant.pk, may_write=True, reason=said[:200])
        share_customers(actor=actor, selection=chosen, sharing=sharing, now=now)
    return decided


def _disputed(actor: Actor, customer_id: uuid.UUID | None, asked: str) -> Customer:
    """Locked, so that of two who dispute it at once the second sees the first's."""
    if customer_id:
        found: Customer | None = access.customer(actor, customer_id)
    else:
        found = named_customer(actor, asked)
    if found is None:
        raise Invalid(_("There is no single customer of this code, number or address."), field="asked")
    found = Customer.objects.select_for_update(no_key=True).filter(pk=found.pk).first()
    if found is None:
        raise NotFound
    if found.owner_id is None:
        raise Invalid(_("This customer has no owner; claim it, or ask who assigns."), field="asked")
    if found.owner_id == actor.member_id:
        raise Invalid(_("This customer is yours."), field="asked")
    return found


def _open(actor: Actor, dispute_id: uuid.UUID) -> Dispute:
    found = access.dispute(actor, dispute_id, lock=True)
    if found.ruling != Ruling.OPEN:
        raise Conflict(_("This dispute is decided."))
    return found


def _rule(actor: Actor, found: Dispute, ruling: Ruling, reason: str, now: datetime.datetime) -> Dispute:
    found.ruling, found.ruling_reason, found.ruled_by_id, found.ruled_at = (
        ruling,
        reason,
        actor.member_id,
        now,
    )
    found.save(update_fields=["ruling", "ruling_reason", "ruled_by", "ruled_at"])
    _tell("customers.dispute_decided", {found.claimant_id, found.owner_id}, actor, found, now)
    changes: dict[str, list[Any]] = {"ruling": [str(Ruling.OPEN), str(ruling)], "reason": [None, reason]}
    _record(actor, found, "withdrawn" if ruling == Ruling.WITHDRAWN else "decided", changes, now)
    return found


def _managers(dispute: Dispute) -> list[uuid.UUID]:
    """Who may decide it and is no party."""
    parties = (dispute.claimant_id, dispute.owner_id)
    able = access.members_who_may("pools.manage", dispute.customer_id)
    return [each.pk for each in able if each.pk not in parties]


def _tell(
    code: str, members: set[uuid.UUID | None], actor: Actor, dispute: Dispute, now: datetime.datetime
) -> None:
    data = {"who": actor.name, "customer": str(dispute.customer_id), "dispute": str(dispute.pk)}
    some = [each for each in members if each]
    notifications.tell(members=some, code=code, data=data, actor=actor, now=now)


def _record(
    actor: Actor, dispute: Dispute, what: str, changes: dict[str, list[Any]], now: datetime.datetime
) -> None:
    event = DisputeChanged(dispute.pk, dispute.customer_id, what)
    record(event, actor=actor, now=now, subject=("customer", dispute.customer_id), changes=changes)
