"""Write down, change, qualify, remove and bring back leads."""

import datetime
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.access import takers
from zhiyin.accounts.models import Tenant
from zhiyin.customers.access import closed
from zhiyin.customers.choices import ContactKind
from zhiyin.customers.contact_keys import checked as checked_contact
from zhiyin.customers.keys import REGIONS
from zhiyin.customers.suppression import require_unsuppressed
from zhiyin.platform import notifications
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.pinyin import name_key
from zhiyin.platform.record import Changes, record
from zhiyin.platform.text import checked
from zhiyin.sales import access
from zhiyin.sales.actions.lead_places import place
from zhiyin.sales.choices import LeadOrigin, LeadState
from zhiyin.sales.events import LeadChanged
from zhiyin.sales.models import Lead

TEXTS = {"name": 200, "company": 200, "city": 100, "source": 100, "campaign": 100, "details": 10_000}
CONTACTS = {"phone": ContactKind.PHONE, "email": ContactKind.EMAIL}
LEAD_FIELDS = (*TEXTS, *CONTACTS, "origin", "owner_id")


class AlreadyConverted(Conflict):
    message = _("This lead is a customer already.")


def create_lead(*, actor: Actor, name: str, now: datetime.datetime, **values: Any) -> Lead:
    """A new lead. ``values`` are fields of ``LEAD_FIELDS``.

    Whose it is they say; else the rules, unless it was typed in; else it is the actor's.

    Raises ``Invalid``, and ``Suppressed`` for somebody who was erased.
    """
    actor.require("sales.edit")
    made = Lead(unit_id=actor.unit_id, source="", campaign="", created_at=now, updated_at=now)
    apply_values(actor, made, {**values, "name": name})
    place(made, now)
    if made.owner_id is None and "owner_id" not in values:
        made.owner_id = actor.member_id
    _add(actor, made, now)
    return made


def add_lead(actor: Actor, made: Lead, now: datetime.datetime) -> None:
    """Keep a new one whose values were checked, give it by the rules, and tell whose it is."""
    place(made, now)
    _add(actor, made, now)


def _add(actor: Actor, made: Lead, now: datetime.datetime) -> None:
    made.save(force_insert=True)
    given = {field: [None, value] for field in LEAD_FIELDS if (value := getattr(made, field))}
    tell(actor, made, "added", given, now)
    _tell_owner(actor, made, now)


def update_lead(
    *,
    actor: Actor,
    lead_id: uuid.UUID,
    changes: Mapping[str, Any],
    version: int | None = None,
    now: datetime.datetime,
) -> Lead:
    """Change some fields of ``LEAD_FIELDS``; raises ``Conflict`` when somebody did since ``version``."""
    actor.require("sales.edit")
    found = lead_to_change(actor, lead_id, version)
    before = {field: getattr(found, field) for field in LEAD_FIELDS}
    apply_values(actor, found, changes)
    different = {field: [old, new] for field, old in before.items() if (new := getattr(found, field)) != old}
    if different:
        save(found, now)
        tell(actor, found, "changed", different, now)
    if "owner_id" in different:
        _tell_owner(actor, found, now)
    return found


def set_lead_state(
    *,
    actor: Actor,
    lead_id: uuid.UUID,
    state: str,
    reason: str = "",
    version: int | None = None,
    now: datetime.datetime,
) -> Lead:
    """Take a lead up, qualify it, call it unsuitable for a ``reason``, or put it back among the new ones.

    The first step away from new is the answer that the clock waits for. Only ``convert_lead`` makes it a customer.
    """
    actor.require("sales.edit")
    if state not in LeadState.values or state == LeadState.CONVERTED:
        raise Invalid(_("This is not one of the choices."), field="state")
    found = lead_to_change(actor, lead_id, version)
    reason = checked(reason, "reason", 500, needed=state == LeadState.UNFIT)
    if found.state == state:
        return found
    before, found.state = found.state, state
    found.reason = reason if state == LeadState.UNFIT else ""
    found.answered_at = None if state == LeadState.NEW else found.answered_at or now
    save(found, now)
    changes = {"lead_state": [before, state]}
    if found.reason:
        changes["reason"] = ["", found.reason]
    tell(actor, found, state, changes, now)
    return found


def remove_lead(*, actor: Actor, lead_id: uuid.UUID, now: datetime.datetime) -> Lead:
    """Take it out of every list; ``restore_lead`` brings it back."""
    actor.require("sales.edit")
    found = access.lead(actor, lead_id, lock=True)
    return _set_removed(actor, found, "removed", now)


def restore_lead(*, actor: Actor, lead_id: uuid.UUID, now: datetime.datetime) -> Lead:
    """Bring back one that was removed; does nothing to one that is there."""
    actor.require("sales.edit")
    found = access.lead(actor, lead_id, lock=True, removed=True)
    return _set_removed(actor, found, "restored", now) if found.removed_at else found


def lead_to_change(actor: Actor, lead_id: uuid.UUID, version: int | None) -> Lead:
    """The lead, locked. Raises ``AlreadyConverted``, and ``Conflict`` when it is not of ``version`` any more."""
    found = access.lead(actor, lead_id, lock=True)
    if found.state == LeadState.CONVERTED:
        raise AlreadyConverted
    if version is not None and version != found.version:
        raise Conflict
    return found


def save(lead: Lead, now: datetime.datetime) -> None:
    lead.version += 1
    lead.updated_at = now
    lead.save()


def tell(actor: Actor, lead: Lead, what: str, changes: Changes, now: datetime.datetime) -> None:
    event = LeadChanged(lead.pk, what)
    record(event, actor=actor, now=now, subject=("lead", lead.pk), changes=changes)


def _tell_owner(actor: Actor, lead: Lead, now: datetime.datetime) -> None:
    if lead.owner_id and lead.owner_id != actor.member_id:
        notifications.tell(
            members=[lead.owner_id],
            code="sales.lead_given",
            data={"who": actor.name, "name": lead.company or lead.name, "lead": str(lead.pk)},
            actor=actor,
            now=now,
        )


def _set_removed(actor: Actor, found: Lead, what: str, now: datetime.datetime) -> Lead:
    before, found.removed_at = found.removed_at, now if what == "removed" else None
    save(found, now)
    tell(actor, found, what, {"removed_at": [before, found.removed_at]}, now)
    return found


def apply_values(actor: Actor, lead: Lead, values: Mapping[str, Any]) -> None:
    for field, value in values.items():
        if field not in LEAD_FIELDS:
            raise Invalid(_("There is no such field."), field=field)
        _CHECKS.get(field, _text)(actor, lead, field, value)
    lead.name_key = name_key(lead.name)[:400]


def _text(_actor: Actor, lead: Lead, field: str, value: Any) -> None:
    setattr(lead, field, checked(str(value or ""), field, TEXTS[field], needed=field == "name"))


def _contact(actor: Actor, lead: Lead, field: str, value: Any) -> None:
    """A way to reach them; who may not see it of customers may not change it of a lead that is there."""
    if field in closed(actor) and not lead._state.adding:
        raise Invalid(_("You may not change this."), field=field)
    written, key = checked(str(value or ""), field, 100), ""
    if written:
        currency = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
        try:
            written, key = checked_contact(CONTACTS[field], written, REGIONS.get(currency))
        except Invalid as error:
            raise Invalid(error.message, field=field) from error
        require_unsuppressed(CONTACTS[field], key, field=field)
    setattr(lead, field, written)
    setattr(lead, f"{field}_key", key)


def _origin(_actor: Actor, lead: Lead, field: str, value: Any) -> None:
    if value not in LeadOrigin.values:
        raise Invalid(_("This is not one of the choices."), field=field)
    lead.origin = value


def _owner(actor: Actor, lead: Lead, field: str, value: uuid.UUID | None) -> None:
    if value == lead.owner_id:
        return
    owner = takers(actor).filter(pk=value).first() if value else None
    if value and owner is None:
        raise Invalid(_("You cannot give it to this person."), field=field)
    lead.owner_id = value
    lead.unit_id = owner.unit_id if owner else lead.unit_id


_CHECKS: dict[str, Callable[[Actor, Lead, str, Any], None]] = {
    **dict.fromkeys(CONTACTS, _contact),
    "origin": _origin,
    "owner_id": _owner,
}
