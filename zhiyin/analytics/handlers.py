"""What has been imported or taken back is analysed, and everything anew by other settings."""

from zhiyin.analytics.actions import analyse_soon
from zhiyin.platform import outbox


@outbox.handles("imports.import_applied", "imports.import_undone", "analytics.settings_changed")
def analyse_news(event: outbox.Delivered) -> None:
    analyse_soon(event.tenant_id, now=event.occurred_at)
