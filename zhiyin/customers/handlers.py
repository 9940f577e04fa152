"""News: an analysis moves customers from status to status, a new company starts with the core fields, a touch
prolongs the protection of its customer.
"""

import uuid

from zhiyin.analytics import hooks
from zhiyin.customers import access
from zhiyin.customers.actions.fields import add_ready_fields
from zhiyin.customers.actions.formulas import refresh_soon
from zhiyin.customers.actions.grades import apply_grades
from zhiyin.customers.actions.holdings import refresh_holdings
from zhiyin.customers.actions.status import refresh_statuses
from zhiyin.customers.ready import READY
from zhiyin.platform import outbox
from zhiyin.platform.actors import Actor


@hooks.after_analysis
def follow_analysis(finished: hooks.Finished) -> None:
    refresh_statuses(finished)
    apply_grades(actor=Actor.system(finished.actor.tenant_id), now=finished.now)


@hooks.leaves_out
def restricted_customers() -> list[uuid.UUID]:
    return list(access.restricted().values_list("customer_id", flat=True))


@outbox.handles("accounts.tenant_created")
def start_with_core_fields(event: outbox.Delivered) -> None:
    core = [each.code for each in READY.values() if each.core]
    add_ready_fields(actor=Actor.system(event.tenant_id), codes=core, now=event.occurred_at)


@outbox.handles(
    "customers.customer_created",
    "customers.customer_changed",
    "activities.follow_up_added",
    "commerce.order_created",
)
def follow_facts(event: outbox.Delivered) -> None:
    """Whoever got an owner, or was looked after, is protected anew."""
    customer_id = event.data.get("customer_id")
    if customer_id and "owner_id" in event.data.get("fields", ["owner_id"]):
        refresh_holdings(event.tenant_id, event.occurred_at, [uuid.UUID(customer_id)])


@outbox.handles("imports.import_applied", "imports.import_undone", "customers.customers_changed")
def follow_changes(event: outbox.Delivered) -> None:
    """What was written on many at once has consequences."""
    refresh_soon(actor=Actor.system(event.tenant_id), now=event.occurred_at)
