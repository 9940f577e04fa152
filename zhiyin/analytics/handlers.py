"""News from below: what has been imported, or taken back, is analysed."""

from zhiyin.analytics.actions import analyse_soon
from zhiyin.platform import outbox


@outbox.handles("imports.import_applied", "imports.import_undone")
def analyse_import(event: outbox.Delivered) -> None:
    analyse_soon(event.tenant_id, now=event.occurred_at)
