"""Operations on the audit log's checkpoints and proofs."""

import uuid
from typing import Any, Literal

from ninja import Query, Schema
from pydantic import Field

from zhiyin.accounts import queries
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.customers import access
from zhiyin.customers.fields import PREFIX, own_among, veiled_changes
from zhiyin.customers.queries import require_whole
from zhiyin.platform.actions import make_checkpoint
from zhiyin.platform.actors import Actor
from zhiyin.platform.audit import signing
from zhiyin.platform.audit.verify import origin_of
from zhiyin.platform.models import AuditCheckpoint, AuditEntry
from zhiyin.platform.paging import Page

routes = Routes("accounts")


class KeyOut(Schema):
    key: str = Field(description="As programs for C2SP signed notes take it.")


class CheckpointOut(Schema):
    size: int
    note: str = Field(description="A C2SP checkpoint, to be handed out as it is.")


class Paging(Schema):
    after: str = Field("", max_length=4000)
    limit: int = Field(50, ge=1, le=200)


class RedactionOut(Schema):
    """The entry that lists a redacted one with its leaf and the hash that it has since."""

    sequence: int
    entry: dict[str, Any]
    path: list[str]


class InclusionOut(Schema):
    """That an entry is in the log of ``root``, as ``verify.py`` reads it; hashes in hexadecimal."""

    type: Literal["inclusion"]
    tenant: uuid.UUID
    sequence: int
    entry: dict[str, Any]
    size: int
    root: str
    path: list[str]
    checkpoint: str | None
    redaction: RedactionOut | None = Field(description="For an entry about an erased person.")


class GrowthOut(Schema):
    """That the log of ``root`` begins with that of ``old_root``, as ``verify.py`` reads it."""

    type: Literal["consistency"]
    tenant: uuid.UUID
    old_size: int
    old_root: str
    size: int
    root: str
    path: list[str]
    old_checkpoint: str
    checkpoint: str


def seen(actor: Actor, found: Page[AuditEntry]) -> Page[AuditEntry]:
    """The entries without what the reader's role does not see: own fields, and customers in pools."""
    own = own_among(actor, (field for entry in found.rows for field in entry.changes))
    withheld = access.withheld(actor, (entry.subject_id for entry in found.rows))
    for entry in found.rows:
        entry.changes = {
            field: change
            for field, change in veiled_changes(actor, entry.changes).items()
            if (field in own or not field.startswith(PREFIX)) and entry.subject_id not in withheld
        }
    return found


@routes.get("/audit/key/", permission="audit.view", response=KeyOut)
def get_audit_key(request: Request) -> dict[str, str]:
    """The key with which checkpoints of the company's audit log are verified."""
    return {"key": signing.verifier_key(origin_of(str(request.actor.tenant_id)))}


@routes.get("/audit/checkpoints/", permission="audit.view", response=PageOut[CheckpointOut])
def list_checkpoints(request: Request, asked: Query[Paging]) -> dict[str, Any]:
    """Signed checkpoints of the audit log, the newest first."""
    return page_out(queries.audit_checkpoints(actor=request.actor, **asked.dict()))


@routes.post("/audit/checkpoints/", permission="audit.view", response=CheckpointOut, status=201)
def sign_audit_log(request: Request) -> AuditCheckpoint:
    """Sign the audit log as it is now. 409 when it is not what an earlier checkpoint says."""
    return make_checkpoint(actor=request.actor, now=now())


@routes.get("/audit/checkpoints/{int:old_size}/{int:size}/", permission="audit.view", response=GrowthOut)
def prove_growth(request: Request, old_size: int, size: int) -> dict[str, Any]:
    """The proof that the log of one checkpoint begins with that of an earlier one."""
    return queries.audit_growth(actor=request.actor, old_size=old_size, size=size)


@routes.get("/audit/{uuid:entry_id}/proof/", permission="audit.view", response=InclusionOut)
def prove_entry(request: Request, entry_id: uuid.UUID) -> dict[str, Any]:
    """The proof that an entry is in the log. 409 in the seconds until it is sealed."""
    proof = queries.audit_proof(actor=request.actor, entry_id=entry_id)
    require_whole(request.actor, proof["entry"])
    return proof
