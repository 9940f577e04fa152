"""Operations of who keeps the program running: failed deliveries, and the check of the audit log."""

import uuid
from typing import Any

from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.api.jobs.schemas import JobOut
from zhiyin.api.operation.schemas import DeliveryOut, RetriedOut
from zhiyin.platform import actions, jobs
from zhiyin.platform.access import failed_deliveries
from zhiyin.platform.paging import keyset

routes = Routes("operation")


@routes.get("/failed-deliveries/", permission="settings.manage", response=PageOut[DeliveryOut])
def list_failed_deliveries(request: Request, after: str = "", limit: int = 50) -> dict[str, Any]:
    """What should have followed from a change and failed for a day, newest first."""
    return page_out(keyset(failed_deliveries(request.actor), order=["-id"], after=after, limit=limit))


@routes.post("/failed-deliveries/retry/", permission="settings.manage", response=RetriedOut)
def retry_failed_deliveries(request: Request) -> dict[str, int]:
    """Try all of them again."""
    return {"count": actions.retry_deliveries(actor=request.actor, now=now())}


@routes.post(
    "/failed-deliveries/{uuid:delivery_id}/retry/", permission="settings.manage", response=RetriedOut
)
def retry_failed_delivery(request: Request, delivery_id: uuid.UUID) -> dict[str, int]:
    """Try one of them again."""
    return {"count": actions.retry_deliveries(actor=request.actor, delivery_id=delivery_id, now=now())}


@routes.delete("/failed-deliveries/{uuid:delivery_id}/", permission="settings.manage")
def dismiss_failed_delivery(request: Request, delivery_id: uuid.UUID) -> None:
    """Let one rest that is of no use any more."""
    actions.dismiss_delivery(actor=request.actor, delivery_id=delivery_id, now=now())


@routes.post("/audit/check/", permission="audit.view", response=JobOut)
def check_audit(request: Request) -> jobs.Job:
    """Compute the whole audit log anew and compare it: a job, in whose result ``ok`` says how it stands."""
    return actions.check_audit_log(actor=request.actor, now=now())
