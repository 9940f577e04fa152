import datetime
import uuid
from typing import Any, Literal

from ninja import Schema


class JobOut(Schema):
    """A piece of work in the background; ``percent`` is unknown while ``total`` is."""

    id: uuid.UUID
    kind: str
    title: str
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    done: int
    total: int | None
    percent: int | None
    message: str
    result: dict[str, Any] | None
    error: str
    created_by: uuid.UUID | None
    created_by_name: str
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    finished_at: datetime.datetime | None
