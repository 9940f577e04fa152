"""Operations on what oneself is told."""

import datetime
import uuid
from typing import Any

from ninja import Query, Schema
from pydantic import Field

from zhiyin.api.accounts.audit import Paging
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.platform import notifications

routes = Routes("notifications")


class NotificationOut(Schema):
    id: uuid.UUID
    kind: str
    data: dict[str, Any] = Field(description="What the notification is about; of records the ids.")
    created_at: datetime.datetime
    seen_at: datetime.datetime | None


class UnseenOut(Schema):
    count: int = Field(description="Counted up to 99.")


@routes.get("/notifications/", permission=None, response=PageOut[NotificationOut])
def list_notifications(request: Request, paging: Query[Paging]) -> dict[str, Any]:
    """One's own, the newest first."""
    return page_out(notifications.listed(request.actor, after=paging.after, limit=paging.limit))


@routes.get("/notifications/unseen/", permission=None, response=UnseenOut)
def count_notifications(request: Request) -> dict[str, int]:
    return {"count": notifications.unseen(request.actor)}


@routes.post("/notifications/seen/", permission=None, response=None, status=204)
def see_notifications(request: Request) -> None:
    """Mark all of one's own as seen."""
    notifications.mark_seen(actor=request.actor, now=now())


@routes.post("/notifications/{uuid:notification_id}/seen/", permission=None, response=NotificationOut)
def see_notification(request: Request, notification_id: uuid.UUID) -> Any:
    return notifications.mark_seen(actor=request.actor, notification_id=notification_id, now=now())
