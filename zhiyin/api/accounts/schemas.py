"""Shapes of what the accounts' operations take and give."""

import uuid

from ninja import Schema


class MeOut(Schema):
    member_id: uuid.UUID | None
    tenant_id: uuid.UUID
    name: str
    kind: str
    permissions: list[str]
    scope: str
    unit_ids: list[uuid.UUID]
