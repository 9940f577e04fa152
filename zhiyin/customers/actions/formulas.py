"""What follows from formulas, kept with each customer so that lists filter and sort by it."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from zhiyin.accounts.models import Tenant
from zhiyin.customers import access
from zhiyin.customers.events import FormulasWorkedOut
from zhiyin.customers.fields import formulas
from zhiyin.customers.models import Customer, CustomField
from zhiyin.platform import jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.choices import JobState
from zhiyin.platform.record import record
from zhiyin.platform.tenancy import with_gone

KIND = "customers.formulas"
CHUNK = 1000
_SQL = """
UPDATE customers_customer c SET custom = n.custom
FROM unnest(%s::uuid[], %s::jsonb[]) AS n (id, custom) WHERE c.id = n.id
"""


def put_formulas(customer: Customer, fields: Sequence[CustomField], today: datetime.date) -> bool:
    """Put what follows onto the row, which is not saved; whether anything is different. ``fields`` are all in use."""
    found = formulas.work_out(customer, fields, today)
    own = {key: value for key, value in {**customer.custom, **found}.items() if value is not None}
    different: bool = own != customer.custom
    customer.custom = own
    return different


def refresh_soon(*, actor: Actor, daily: bool = False, now: datetime.datetime) -> None:
    """Have all customers worked out anew, unless that waits already or there is nothing to work out.

    With ``daily`` only if something follows from which day it is.
    """
    actor.require("settings.manage")
    texts = [each.formula for each in access.fields_in_use(actor) if each.formula]
    waits = jobs.Job.objects.filter(kind=KIND, state=JobState.QUEUED)
    if any(not daily or formulas.asks_day(each) for each in texts) and not waits.exists():
        jobs.start(actor=actor, kind=KIND, title=_("Working out formulas of customers"), now=now)


def refresh_formulas(
    *, actor: Actor, after: uuid.UUID | None = None, now: datetime.datetime
) -> tuple[int, int, uuid.UUID | None]:
    """Work out a chunk of customers behind ``after``: how many were looked at and changed, and the last one."""
    actor.require("settings.manage")
    fields = access.fields_in_use(actor)
    with with_gone():
        rows = Customer.objects.order_by("pk").select_for_update(no_key=True)
        chunk = list((rows.filter(pk__gt=after) if after else rows)[:CHUNK])
    # a job that something else than a person started is in no company's zone
    zone = Tenant.objects.values_list("time_zone", flat=True).get(pk=actor.tenant_id)
    today = timezone.localdate(now, ZoneInfo(zone))
    different = [each for each in chunk if put_formulas(each, fields, today)]
    if different:
        _write(different)
        record(
            FormulasWorkedOut(len(different)),
            actor=actor,
            now=now,
            changes={"customers": [None, len(different)]},
        )
    return len(chunk), len(different), chunk[-1].pk if chunk else None


def _write(customers: Sequence[Customer]) -> None:
    with with_gone(), connection.cursor() as cursor:
        cursor.execute(_SQL, [[each.pk for each in customers], [Jsonb(each.custom) for each in customers]])
