"""The recycle bin."""

import datetime
import uuid
from typing import Annotated, Any

from ninja import Query, Schema
from pydantic import Field

from zhiyin.api.customers.schemas import TEXT
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.customers import actions, queries

routes = Routes("customers")
Ids = Annotated[list[uuid.UUID], Field(min_length=1, max_length=5_000)]


class BinQuery(Schema):
    text: str = Field("", max_length=100, pattern=TEXT, description="A part of name or code.")
    by: str = Field("", max_length=100, pattern=TEXT, description="A part of the name of who deleted.")
    sort: str = Field("-gone_at", description="``-gone_at``, ``gone_at`` or ``name``.")
    after: str = ""
    limit: int = Field(50, ge=1, le=200)


class BinnedOut(Schema):
    """A deleted customer."""

    id: uuid.UUID
    code: str
    name: str
    gone_at: datetime.datetime
    gone_by: str


class BinIn(Schema):
    ids: Ids


class BinDoneOut(Schema):
    count: int


@routes.get("/bin/", permission="customers.delete", response=PageOut[BinnedOut])
def list_bin(request: Request, asked: Query[BinQuery]) -> dict[str, Any]:
    """Deleted customers, those deleted last first."""
    return page_out(queries.bin_customers(request.actor, **asked.model_dump()))


@routes.post("/bin/restore/", permission="customers.delete", response=BinDoneOut)
def restore_customers(request: Request, body: BinIn) -> dict[str, int]:
    """Bring customers back with all that hung on them; those out of reach are passed over."""
    done = actions.restore_customers(actor=request.actor, customer_ids=body.ids, now=now())
    return {"count": len(done)}


@routes.post("/bin/purge/", permission="customers.purge", response=BinDoneOut)
def purge_customers(request: Request, body: BinIn) -> dict[str, int]:
    """Delete customers in the bin for good."""
    return {"count": actions.purge_customers(actor=request.actor, customer_ids=body.ids, now=now())}
