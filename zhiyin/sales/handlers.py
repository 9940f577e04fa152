"""News of one's own: a deal changed after somebody said yes to it, and boards that are open show what happened."""

import uuid

from zhiyin.approvals.actions import note_changed
from zhiyin.platform import outbox, realtime
from zhiyin.platform.actors import Actor
from zhiyin.platform.realtime.topics import topic
from zhiyin.sales import access
from zhiyin.sales.approvals import CODES
from zhiyin.sales.models import StageStay


@topic("board")
def _sees_board(actor: Actor, pipeline_id: uuid.UUID) -> bool:
    return actor.may("sales.view") and access.stages().filter(pipeline=pipeline_id).exists()


@outbox.handles("sales.opportunity_changed")
def look_at_approvals(event: outbox.Delivered) -> None:
    """What was approved, or waits for it, lapses once it is not the same any more."""
    actor = Actor.system(event.tenant_id, event.actor_name)
    key = uuid.UUID(event.data["opportunity_id"])
    for code in CODES:
        note_changed(actor=actor, subject=code, subject_id=key, now=event.occurred_at)


@outbox.handles("sales.opportunity_moved", "sales.opportunity_changed")
def redraw_boards(event: outbox.Delivered) -> None:
    """Tell the lanes that it left and stands in; which cards are there, each page asks for itself."""
    stays = StageStay.objects.filter(opportunity=event.data["opportunity_id"]).order_by("-entered_at", "-id")
    lanes: dict[uuid.UUID, list[str]] = {}
    for pipeline_id, stage_id in stays.values_list("stage__pipeline", "stage")[:2]:
        lanes.setdefault(pipeline_id, []).append(str(stage_id))
    for pipeline_id, stages in lanes.items():
        realtime.notify(event.tenant_id, f"board:{pipeline_id}", {"lanes": stages})
