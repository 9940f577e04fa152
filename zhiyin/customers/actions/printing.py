"""Prints labels, envelopes and phone lists: what leaves on paper is an export like any other."""

import datetime
import io
import uuid
from dataclasses import dataclass

from django.utils.translation import gettext as _

from zhiyin.accounts.watermark import watermark
from zhiyin.customers import access, printing
from zhiyin.customers.actions.bulk import Selection, selected
from zhiyin.customers.events import CustomersExported
from zhiyin.customers.models import Customer
from zhiyin.customers.printing import PRINT_AT_ONCE, Layout
from zhiyin.platform import jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.record import record, record_read


@dataclass(frozen=True, slots=True)
class Printed:
    """The PDF, or the job that writes it."""

    pdf: bytes = b""
    job: jobs.Job | None = None


def print_customers(*, actor: Actor, selection: Selection, layout: Layout, now: datetime.datetime) -> Printed:
    """Print the selection. More than ``PRINT_AT_ONCE`` customers become a job whose result is the file."""
    actor.require("customers.export")
    chosen = _begin(actor, selection, layout, now)
    if len(chosen) > PRINT_AT_ONCE:
        return Printed(job=_job(actor, selection, chosen, layout, now))
    stream = io.BytesIO()
    rows = Customer.objects.filter(pk__in=chosen)
    count = printing.write(actor, rows, layout, stream, now=now, mark=watermark(actor, now))
    read = {"rows": count, "columns": printing.columns(layout), "selection": selection.data()}
    record_read("customers.export_written", actor=actor, now=now, read=read)
    return Printed(stream.getvalue())


def print_in_background(
    *, actor: Actor, selection: Selection, layout: Layout, now: datetime.datetime
) -> jobs.Job:
    """Print the selection as a job whose result is the file, however many there are."""
    actor.require("customers.export")
    return _job(actor, selection, _begin(actor, selection, layout, now), layout, now)


def _begin(actor: Actor, selection: Selection, layout: Layout, now: datetime.datetime) -> list[uuid.UUID]:
    printing.require_open(actor, layout)
    chosen = printing.chosen_among(access.unrestricted(selected(actor, selection)))
    record(
        CustomersExported(len(chosen), f"pdf:{layout.what}"),
        actor=actor,
        now=now,
        changes={"selection": [None, selection.data()]},
    )
    return chosen


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
