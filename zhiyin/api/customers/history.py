"""A customer's file as it was, and setting fields of it back."""

import datetime
import uuid
from typing import Annotated, Any

from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field

from zhiyin.api.customers.schemas import Filled100
from zhiyin.api.http import Request, Routes, now
from zhiyin.customers import actions, queries
from zhiyin.customers.queries import AsItWas

routes = Routes("customers")
Entry = Annotated[
    uuid.UUID | None, Field(description="An entry of the trail: right before it, whatever ``at``.")
]


class ThenOut(Schema):
    """A field then and now; ``changed_at`` and ``changed_by`` tell of the first change after that time."""

    name: str
    then: Any
    now: Any
    changed_at: datetime.datetime | None
    changed_by: str


class AsItWasOut(Schema):
    """Fields that differ come first. ``is_before`` says that the customer was not in the file yet."""

    at: datetime.datetime
    is_before: bool
    version: int
    fields: list[ThenOut]


class SetBackIn(Schema):
    """``fields`` by the names that reading gave."""

    model_config = ConfigDict(extra="forbid")

    at: AwareDatetime
    before: Entry = None
    fields: list[Filled100] = Field(min_length=1, max_length=500)
    version: int | None = Field(None, description="The one seen; another's change since is a conflict.")


@routes.get("/customers/{uuid:customer_id}/history/", permission="customers.view", response=AsItWasOut)
def read_history(
    request: Request, customer_id: uuid.UUID, at: AwareDatetime, before: uuid.UUID | None = None
) -> dict[str, Any]:
    """The file as it was at a time, or right before an entry of the trail."""
    return _told(queries.as_it_was(request.actor, customer_id, at=at, before=before))


@routes.post("/customers/{uuid:customer_id}/history/", permission="customers.edit", response=AsItWasOut)
def set_back_customer(request: Request, customer_id: uuid.UUID, body: SetBackIn) -> dict[str, Any]:
    """Write into fields what stood in them then, as a change of today."""
    actions.set_back_customer(actor=request.actor, customer_id=customer_id, now=now(), **body.model_dump())
    return _told(queries.as_it_was(request.actor, customer_id, at=body.at, before=body.before))


def _told(was: AsItWas) -> dict[str, Any]:
    return {
        "at": was.at,
        "is_before": was.is_before,
        "version": was.customer.version,
        "fields": was.fields,
    }
