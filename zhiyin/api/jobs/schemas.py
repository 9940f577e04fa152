import datetime
import uuid
from typing import Any, Literal

from ninja import Field, Schema

from zhiyin.platform import jobs


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
    result: dict[str, Any] | None = Field(description="What it brought; somebody else's is not told.")
    error: str
    created_by: uuid.UUID | None
    created_by_name: str
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    finished_at: datetime.datetime | None

    @staticmethod
    def resolve_result(job: jobs.Job, context: dict[str, Any]) -> dict[str, Any] | None:
        return job.result if jobs.is_own(context["request"].actor, job) else None
