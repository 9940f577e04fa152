"""Operations on sensitive values: masks, a look at one, writing one; and the company's rules."""

import datetime
import uuid
from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from zhiyin.api.customers.schemas import TEXT, KeptOut
from zhiyin.api.http import Request, Routes, now
from zhiyin.api.jobs.schemas import JobOut
from zhiyin.customers import access, actions, queries
from zhiyin.customers.fields.sensitive import LONGEST
from zhiyin.customers.models import SensitiveRules
from zhiyin.customers.queries import Masked
from zhiyin.platform.jobs import Job

routes = Routes("customers")


class MaskedOut(Schema):
    name: str = Field(description="`id_number`, `bank_account`, or a field that the company marked.")
    label: str
    mask: str = Field(description="A part of the value; empty where there is none.")
    erased: bool = Field(description="There was one, and nobody can read it any more.")
    set_at: datetime.datetime | None

    @staticmethod
    def resolve_name(row: Masked) -> str:
        return row.field.name

    @staticmethod
    def resolve_label(row: Masked) -> str:
        return str(row.field.label)


class SensitiveIn(Schema):
    model_config = ConfigDict(extra="forbid")

    value: Annotated[str, StringConstraints(max_length=LONGEST, pattern=TEXT)] = Field(
        description="Empty removes it.", repr=False
    )


class ReasonIn(Schema):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(max_length=200, pattern=TEXT)] = Field(
        "", description="Needed where the company asks for one."
    )


class RevealedOut(Schema):
    value: str


class SensitiveRulesBody(Schema):
    model_config = ConfigDict(extra="forbid")

    ask_reason: bool = Field(description="Whoever looks at a sensitive value must say why.")


@routes.get("/customers/{uuid:customer_id}/sensitive/", permission="customers.view", response=list[MaskedOut])
def list_sensitive(request: Request, customer_id: uuid.UUID) -> list[Masked]:
    """Masks of a customer's sensitive values."""
    return queries.sensitive_of(request.actor, access.customer(request.actor, customer_id).pk)


@routes.put(
    "/customers/{uuid:customer_id}/sensitive/{slug:name}/",
    permission="customers.edit",
    response=KeptOut | None,
)
def set_sensitive(request: Request, customer_id: uuid.UUID, name: str, body: SensitiveIn) -> Any:
    """Write a sensitive value; nothing is answered if it was that already."""
    return actions.set_sensitive(
        actor=request.actor, customer_id=customer_id, name=name, value=body.value, now=now()
    )


@routes.post(
    "/customers/{uuid:customer_id}/sensitive/{slug:name}/reveal/",
    permission="customers.reveal",
    response=RevealedOut,
)
def reveal_sensitive(request: Request, customer_id: uuid.UUID, name: str, body: ReasonIn) -> dict[str, str]:
    """One value whole. Who looked at it, when and why is audited."""
    value = actions.reveal_sensitive(
        actor=request.actor, customer_id=customer_id, name=name, reason=body.reason, now=now()
    )
    return {"value": value}


@routes.post(
    "/customer-fields/own/{uuid:field_id}/mark/", permission="settings.manage", response=JobOut, status=202
)
def mark_sensitive(request: Request, field_id: uuid.UUID) -> Job:
    """Have the values of a field of one's own encrypted; it leaves lists, exports and forms at once."""
    return actions.mark_sensitive(actor=request.actor, field_id=field_id, now=now())


@routes.post(
    "/customer-fields/own/{uuid:field_id}/unmark/", permission="settings.manage", response=JobOut, status=202
)
def unmark_sensitive(request: Request, field_id: uuid.UUID) -> Job:
    """Have them lie open again; it takes the permission to export sensitive values too."""
    return actions.unmark_sensitive(actor=request.actor, field_id=field_id, now=now())


@routes.get("/settings/sensitive/", permission="settings.manage", response=SensitiveRulesBody)
def read_sensitive_rules(request: Request) -> SensitiveRules:
    return queries.sensitive_rules()


@routes.put("/settings/sensitive/", permission="settings.manage", response=SensitiveRulesBody)
def change_sensitive_rules(request: Request, body: SensitiveRulesBody) -> SensitiveRules:
    return actions.change_sensitive_rules(actor=request.actor, ask_reason=body.ask_reason, now=now())
