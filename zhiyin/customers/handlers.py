"""News from below: an analysis moves customers from status to status, a new company starts with the core fields."""

from zhiyin.analytics import hooks
from zhiyin.customers.actions.fields import add_ready_fields
from zhiyin.customers.actions.status import refresh_statuses
from zhiyin.customers.ready import READY
from zhiyin.platform import outbox
from zhiyin.platform.actors import Actor


@hooks.after_analysis
def follow_analysis(finished: hooks.Finished) -> None:
    refresh_statuses(finished)


@outbox.handles("accounts.tenant_created")
def start_with_core_fields(event: outbox.Delivered) -> None:
    core = [each.code for each in READY.values() if each.core]
    add_ready_fields(actor=Actor.system(event.tenant_id), codes=core, now=event.occurred_at)
