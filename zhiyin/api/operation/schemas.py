import datetime
import uuid

from ninja import Schema
from pydantic import Field


class DeliveryOut(Schema):
    """News of a change that a part of the program could not take in; ``error`` names kind and place only."""

    id: uuid.UUID
    event: str = Field(alias="event.name")
    occurred_at: datetime.datetime = Field(alias="event.occurred_at")
    subject_kind: str = Field(alias="event.subject_kind")
    subject_id: uuid.UUID | None = Field(alias="event.subject_id")
    handler: str
    attempts: int
    error: str


class RetriedOut(Schema):
    count: int
