"""Begin, change, remove and bring back opportunities."""

import datetime
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Member, Tenant
from zhiyin.commerce.money import checked_amount, checked_text
from zhiyin.customers import access as customers
from zhiyin.customers.actions import add_to_timeline
from zhiyin.customers.choices import TimelineKind
from zhiyin.customers.keys import new_code
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.platform.pinyin import name_key
from zhiyin.platform.record import record
from zhiyin.platform.text import checked
from zhiyin.sales import access
from zhiyin.sales.actions.pipelines import default_pipeline
from zhiyin.sales.choices import Category, Channel, Horizon, StageKind
from zhiyin.sales.events import OpportunityChanged
from zhiyin.sales.models import Opportunity, Stage, StageStay

TEXTS = {"name": 200, "source": 100, "campaign": 100, "next_step": 200}
CHOICES: dict[str, type[Category | Channel | Horizon]] = {
    "category": Category, "channel": Channel, "horizon": Horizon,
}  # fmt: skip
DAYS = ("expected_on", "next_on", "engaged_on")
EDITABLE = (
    *TEXTS, "details", "amount", "discount", "currency", "probability", *CHOICES, *DAYS, "customer_id", "owner_id",
)  # fmt: skip


class OpportunityCodeTaken(Conflict):
    message = _("Another opportunity has this code already.")


def create_opportunity(
    *,
    actor: Actor,
    name: str,
    now: datetime.datetime,
    stage_id: uuid.UUID | None = None,
    code: str = "",
    **values: Any,
) -> Opportunity:
    """An opportunity in a stage that is open, in the first of the default pipeline when none is named.

    ``values`` are fields of ``EDITABLE``; it is the actor's when nobody else's. Raises ``Invalid``, ``NotFound`` for a
    customer or an owner out of reach, and ``OpportunityCodeTaken``.
    """
    actor.require("sales.edit")
    stage = _first_stage(actor, stage_id, now)
    currency = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    made = Opportunity(
        pipeline=stage.pipeline,
        stage=stage,
        furthest=stage,
        currency=currency,
        code=checked_text(code, 64, "code") or new_code(now, "D"),
        owner_id=actor.member_id,
        unit_id=actor.unit_id,
        stage_since=now,
        created_at=now,
        updated_at=now,
    )
    _apply(actor, made, {**values, "name": name})
    _write(made)
    StageStay.objects.create(opportunity=made, stage=stage, entered_at=now, member_id=actor.member_id)
    given = {field: [None, value] for field in EDITABLE if (value := getattr(made, field)) not in (None, "")}
    _tell(actor, made, "added", given | {"stage": [None, stage.name]}, now)
    if made.customer_id:
        touch(actor, made, "opened", now)
    return made


def update_opportunity(
    *,
    actor: Actor,
    opportunity_id: uuid.UUID,
    changes: Mapping[str, Any],
    version: int | None = None,
    now: datetime.datetime,
) -> Opportunity:
    """Change some fields of ``EDITABLE``; raises ``Conflict`` when somebody did since ``version``."""
    actor.require("sales.edit")
    found = access.opportunity(actor, opportunity_id, need="write", lock=True)
    if version is not None and version != found.version:
        raise Conflict
    before = {field: getattr(found, field) for field in EDITABLE}
    _apply(actor, found, changes)
    different = {field: [old, new] for field, old in before.items() if (new := getattr(found, field)) != old}
    if different:
        found.version += 1
        found.updated_at = now
        _write(found)
        _tell(actor, found, "changed", different, now)
    return found


def remove_opportunity(*, actor: Actor, opportunity_id: uuid.UUID, now: datetime.datetime) -> Opportunity:
    """Take it out of every list, board and total; ``restore_opportunity`` brings it back."""
    actor.require("sales.edit")
    found = access.opportunity(actor, opportunity_id, need="full", lock=True)
    _set_removed(actor, found, now, "removed", now)
    return found


def restore_opportunity(*, actor: Actor, opportunity_id: uuid.UUID, now: datetime.datetime) -> Opportunity:
    """Bring back one that was removed; does nothing to one that is there."""
    actor.require("sales.edit")
    found = access.opportunity(actor, opportunity_id, need="full", lock=True, removed=True)
    if found.removed_at:
        _set_removed(actor, found, None, "restored", now)
    return found


def first_open(pipeline_id: uuid.UUID) -> Stage:
    """The first of a pipeline's stages that is open; each pipeline has one."""
    return access.stages().filter(pipeline=pipeline_id, kind=StageKind.OPEN)[0]


def touch(actor: Actor, opportunity: Opportunity, what: str, now: datetime.datetime) -> None:
    """Put on the customer's timeline what happened with an opportunity: ``opened``, ``won``, ``lost`` or ``moved``."""
    if opportunity.customer_id is None:
        return
    amount = None if opportunity.amount is None else str(opportunity.amount)
    add_to_timeline(
        actor=actor,
        customer_id=opportunity.customer_id,
        kind=TimelineKind.OPPORTUNITY,
        occurred_at=now,
        object_id=opportunity.pk,
        data={
            "what": what,
            "name": opportunity.name,
            "stage": opportunity.stage.name,
            "amount": amount,
            "currency": opportunity.currency,
        },
    )


def _set_removed(
    actor: Actor, found: Opportunity, at: datetime.datetime | None, what: str, now: datetime.datetime
) -> None:
    before, found.removed_at = found.removed_at, at
    found.version += 1
    found.updated_at = now
    found.save(update_fields=["removed_at", "version", "updated_at"])
    _tell(actor, found, what, {"removed_at": [before, at]}, now)


def _first_stage(actor: Actor, stage_id: uuid.UUID | None, now: datetime.datetime) -> Stage:
    stages = Stage.objects.select_related("pipeline").filter(archived_at=None, kind=StageKind.OPEN)
    if stage_id is None:
        return stages.filter(pipeline=default_pipeline(actor=actor, now=now)).order_by("position")[0]
    found = stages.filter(pk=stage_id).first()
    if found is None:
        raise Invalid(_("There is no such open stage."), field="stage_id")
    return found


def _apply(actor: Actor, opportunity: Opportunity, values: Mapping[str, Any]) -> None:
    for field, value in values.items():
        if field not in EDITABLE:
            raise Invalid(_("There is no such field."), field=field)
        checks.get(field, _plain)(actor, opportunity, field, value)
    if not opportunity.name:
        raise Invalid(_("An opportunity needs a name."), field="name")
    opportunity.name_key = name_key(opportunity.name)


def _text(_actor: Actor, opportunity: Opportunity, field: str, value: Any) -> None:
    setattr(opportunity, field, checked_text(value, TEXTS[field], field))


def _details(_actor: Actor, opportunity: Opportunity, field: str, value: Any) -> None:
    opportunity.details = checked(str(value or ""), field, 10_000)


def _amount(_actor: Actor, opportunity: Opportunity, field: str, value: Any) -> None:
    amount = None if value in (None, "") else checked_amount(value, field)
    if amount is not None and amount < 0:
        raise Invalid(_("This cannot be negative."), field=field)
    opportunity.amount = amount


def _discount(_actor: Actor, opportunity: Opportunity, field: str, value: Any) -> None:
    """What was taken off; the amount is what is left."""
    discount = Decimal(0) if value in (None, "") else checked_amount(value, field)
    if discount < 0:
        raise Invalid(_("This cannot be negative."), field=field)
    opportunity.discount = discount


def _currency(actor: Actor, opportunity: Opportunity, field: str, value: Any) -> None:
    """An amount without one is the company's."""
    code = str(value or "").strip().upper()
    if not code:
        code = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    if len(code) != 3 or not (code.isascii() and code.isalpha()):
        raise Invalid(_("A currency has three letters, such as CNY."), field=field)
    opportunity.currency = code


def _probability(_actor: Actor, opportunity: Opportunity, field: str, value: Any) -> None:
    if value in (None, ""):
        opportunity.probability = None
        return
    if not isinstance(value, int) or not 0 <= value <= 100:
        raise Invalid(_("A probability is a whole number from 0 to 100."), field=field)
    opportunity.probability = value


def _choice(_actor: Actor, opportunity: Opportunity, field: str, value: Any) -> None:
    allowed = {*CHOICES[field].values, *(("",) if field == "horizon" else ())}
    if value not in allowed:
        raise Invalid(_("This is not one of the choices."), field=field)
    setattr(opportunity, field, value)


def _customer(actor: Actor, opportunity: Opportunity, _field: str, value: uuid.UUID | None) -> None:
    if value == opportunity.customer_id:
        return
    if value:
        customers.hold(value)
        customers.customer(actor, value, need="write")
    opportunity.customer_id = value


def _owner(actor: Actor, opportunity: Opportunity, field: str, value: uuid.UUID | None) -> None:
    """Whose it is and with whose unit it goes; oneself, or somebody whose records one's role reaches."""
    if value == opportunity.owner_id:
        return
    owner = Member.objects.filter(pk=value, is_active=True).first() if value else None
    if value and owner is None:
        raise NotFound
    if owner and owner.pk != actor.member_id and not actor.covers("unit", owner.unit_id):
        raise Invalid(_("You cannot give it to this person."), field=field)
    opportunity.owner_id = value
    opportunity.unit_id = owner.unit_id if owner else opportunity.unit_id


def _plain(_actor: Actor, opportunity: Opportunity, field: str, value: Any) -> None:
    setattr(opportunity, field, value or None)


checks: dict[str, Callable[[Actor, Opportunity, str, Any], None]] = {
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(CHOICES, _choice),
    "details": _details,
    "amount": _amount,
    "discount": _discount,
    "currency": _currency,
    "probability": _probability,
    "customer_id": _customer,
    "owner_id": _owner,
}


def _write(opportunity: Opportunity) -> None:
    try:
        with transaction.atomic():
            opportunity.save()
    except IntegrityError as error:
        if "opportunity_code_once" in str(error):
            raise OpportunityCodeTaken(field="code") from error
        raise


def _tell(
    actor: Actor,
    opportunity: Opportunity,
    what: str,
    changes: Mapping[str, list[Any]],
    now: datetime.datetime,
) -> None:
    record(
        OpportunityChanged(opportunity.pk, what),
        actor=actor,
        now=now,
        subject=("opportunity", opportunity.pk),
        changes=changes,
    )
