"""Prints labels, envelopes and phone lists: what leaves on paper is an export like any other."""

import datetime
import io
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from zhiyin.accounts.models import Tenant
from zhiyin.customers import access, printing
from zhiyin.customers.actions.bulk import Selection, selected
from zhiyin.customers.events import CustomersExported
from zhiyin.customers.keys import REGIONS
from zhiyin.customers.models import Customer
from zhiyin.customers.printing import Layout, Recipient
from zhiyin.platform import jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.platform.record import record, record_read

PRINT_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Preview:
    """The first of whom it is for; ``chosen`` customers of whom ``without`` have no address."""

    recipients: list[Recipient]
    chosen: int
    without: int


@dataclass(frozen=True, slots=True)
class Printed:
    """The PDF, or the job that writes it."""

    pdf: bytes = b""
    name: str = ""
    job: jobs.Job | None = None


def preview_print(*, actor: Actor, selection: Selection, layout: Layout, now: datetime.datetime) -> Preview:
    """Whom a print would be for. Reads at most ``PRINT_AT_ONCE`` addresses."""
    actor.require("customers.export")
    _require_open(actor, layout)
    chosen = _chosen(actor, selection)
    first = _some(chosen[:PRINT_AT_ONCE])
    found = [] if layout.what == "phones" else printing.preview(first, layout, now)
    looked_at = min(len(chosen), PRINT_AT_ONCE)
    return Preview(found, len(chosen), 0 if layout.what == "phones" else looked_at - len(found))


def print_customers(*, actor: Actor, selection: Selection, layout: Layout, now: datetime.datetime) -> Printed:
    """Print the selection. More than ``PRINT_AT_ONCE`` customers become a job whose result is the file."""
    chosen = _begin(actor, selection, layout, now)
    if len(chosen) > PRINT_AT_ONCE:
        return Printed(job=_job(actor, selection, chosen, layout, now))
    stream = io.BytesIO()
    name = file_name(layout, now)
    count = printing.write(_some(chosen), layout, stream, region=region_of(actor), now=now)
    record_printed(actor, selection.data(), layout, name=name, count=count, now=now)
    return Printed(stream.getvalue(), name)


def print_in_background(
    *, actor: Actor, selection: Selection, layout: Layout, now: datetime.datetime
) -> jobs.Job:
    """Print the selection as a job whose result is the file, however many there are."""
    return _job(actor, selection, _begin(actor, selection, layout, now), layout, now)


def _begin(actor: Actor, selection: Selection, layout: Layout, now: datetime.datetime) -> list[uuid.UUID]:
    actor.require("customers.export")
    _require_open(actor, layout)
    chosen = _chosen(actor, selection)
    record(
        CustomersExported(len(chosen), f"pdf:{layout.what}"),
        actor=actor,
        now=now,
        changes={"selection": [None, selection.data()]},
    )
    return chosen


def record_printed(
    actor: Actor, selection: dict[str, Any], layout: Layout, *, name: str, count: int, now: datetime.datetime
) -> None:
    """What was read; ``selection`` as it was asked for."""
    columns = ["name", "phone", "email"] if layout.what == "phones" else ["name", "address"]
    read = {"rows": count, "columns": columns, "selection": selection, "file": name}
    record_read("customers.export_written", actor=actor, now=now, read=read)


def file_name(layout: Layout, now: datetime.datetime) -> str:
    words = {"labels": _("labels"), "envelopes": _("envelopes"), "phones": _("phone-list")}
    return f"{words[layout.what]}-{now:%Y%m%d}.pdf"


def region_of(actor: Actor) -> str | None:
    """Whose telephone numbers are written without their country."""
    currency = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    return REGIONS.get(currency)


def _require_open(actor: Actor, layout: Layout) -> None:
    wanted = {"phone", "email"} if layout.what == "phones" else {"address"}
    if wanted & access.closed(actor):
        raise PermissionDenied


def _chosen(actor: Actor, selection: Selection) -> list[uuid.UUID]:
    found = list(selected(actor, selection).order_by().values_list("pk", flat=True)[: printing.MOST + 1])
    if not found:
        raise Invalid(_("Choose some customers first."), field="ids")
    if len(found) > printing.MOST:
        raise Invalid(
            _("At most %d customers are printed at a time. Narrow the list first.") % printing.MOST,
            field="ids",
        )
    return found


def _some(ids: list[uuid.UUID]) -> QuerySet[Customer]:
    return Customer.objects.filter(pk__in=ids)


def _job(
    actor: Actor, selection: Selection, chosen: list[uuid.UUID], layout: Layout, now: datetime.datetime
) -> jobs.Job:
    """On those customers that the selection holds at this moment."""
    return jobs.start(
        actor=actor,
        kind="customers.print",
        title=_("Print of customers"),
        arguments={
            "selection": Selection(ids=tuple(chosen)).data(),
            "asked": selection.data(),
            "layout": layout.model_dump(),
        },
        now=now,
    )
