"""Work on many customers in the background, and what runs by the clock."""

import datetime
import tempfile
import uuid
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.db import OperationalError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhiyin.accounts.models import Tenant
from zhiyin.accounts.watermark import watermark
from zhiyin.analytics.actions import refresh_warehouse
from zhiyin.customers import access, actions, printing
from zhiyin.customers.actions import marks
from zhiyin.customers.exports import write_customers
from zhiyin.customers.fields.sensitive import exportable
from zhiyin.customers.models import ProtectionRule, RetentionRule
from zhiyin.customers.printing import Layout
from zhiyin.platform import clock, files, jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.record import record_read
from zhiyin.platform.tenancy import scope

RECLAIM_HOUR = 3
GRADED_HOUR = 2
RETENTION_HOUR = 2
PURGED_AT_ONCE = 500
REQUESTS_HOUR = 8
REMOVED_KEPT = datetime.timedelta(days=7)
log = structlog.get_logger("zhiyin.clock")
TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


CHANGES: dict[str, Any] = {
    "assign": actions.assign_customers,
    "assign_by_rules": actions.assign_by_rules,
    "fill": actions.fill_customers,
    "grade": actions.set_grade,
    "tag": actions.tag_customers,
    "untag": actions.untag_customers,
    "delete": actions.delete_customers,
}


@jobs.handler("customers.export", permission="customers.export", repeatable=True)
def export(run: jobs.JobRun) -> dict[str, Any]:
    """Write the chosen customers into a file; the result names it."""
    selection = actions.Selection.load(run.arguments["selection"])
    style, sensitive = run.arguments["style"], run.arguments.get("sensitive", False)
    with tempfile.TemporaryFile() as stream, run.scope():
        every = actions.selected(run.actor, selection)
        chosen = access.unrestricted(every)
        count = write_customers(
            chosen,
            stream,
            columns=run.arguments["columns"],
            actor=run.actor,
            style=style,
            mark=watermark(run.actor, run.now),
            sensitive=sensitive,
            progress=lambda done: run.progress(done, None, _("Writing")),
        )
        stream.seek(0)
        name = f"{_('customers')}-{run.now:%Y%m%d}.{style}"
        stored = files.save(stream, name=name, actor=run.actor, now=run.now, content_type=TYPES[style])
        seen = {"rows": count, "columns": run.arguments["columns"], "selection": run.arguments["selection"]}
        if sensitive:
            seen["sensitive"] = [each.name for each in exportable(run.actor)]
        record_read("customers.export_written", actor=run.actor, now=run.now, read={**seen, "file": name})
        kept = every.filter(pk__in=access.restricted().values("customer")).count()
    if kept:
        left = ngettext("%d restricted customer is left out.", "%d restricted customers are left out.", kept)
        run.progress(count, count, left % kept)
    return {"file": str(stored.id), "rows": count}


@jobs.handler("customers.move_sensitive", permission="settings.manage", repeatable=True)
def move_sensitive(run: jobs.JobRun) -> dict[str, Any]:
    """Encrypt the values of a field that was marked as sensitive, or lay them open."""
    moved = marks.move_values(
        run.actor.tenant_id,
        uuid.UUID(run.arguments["field_id"]),
        run.now,
        lambda done: run.progress(done, None, _("Writing")),
    )
    return {"moved": moved}


@jobs.handler("customers.formulas", permission="settings.manage", repeatable=True)
def work_out_formulas(run: jobs.JobRun) -> dict[str, Any]:
    """Work out the formulas of all customers anew, a chunk a transaction."""
    looked, changed, last = 0, 0, None
    while True:
        with run.scope():
            count, different, last = actions.refresh_formulas(actor=run.actor, after=last, now=run.now)
        looked, changed = looked + count, changed + different
        if not count:
            return {"customers": changed}
        run.progress(looked, None, _("Working out"))


@clock.periodic("customers.formulas", cron="20 * * * *")
def follow_days(now: datetime.datetime) -> None:
    """Once a company's day has begun, what follows from which day it is."""
    for tenant in Tenant.objects.order_by("id"):
        if now.astimezone(ZoneInfo(tenant.time_zone)).hour == 0:
            with scope(tenant.pk):
                actions.refresh_soon(actor=Actor.system(tenant.pk), daily=True, now=now)


@jobs.handler("customers.print", permission="customers.export", repeatable=True)
def print_pdf(run: jobs.JobRun) -> dict[str, Any]:
    """Print the chosen customers; the result names the PDF."""
    selection = actions.Selection.load(run.arguments["selection"])
    layout = Layout.model_validate(run.arguments["layout"])
    with tempfile.TemporaryFile() as stream, run.scope():
        count = printing.write(
            run.actor,
            access.unrestricted(actions.selected(run.actor, selection)),
            layout,
            stream,
            now=run.now,
            mark=watermark(run.actor, run.now),
            progress=lambda done: run.progress(done, None, _("Writing")),
        )
        stream.seek(0)
        name = printing.file_name(layout, run.now)
        stored = files.save(stream, name=name, actor=run.actor, now=run.now, content_type="application/pdf")
        seen = {"rows": count, "columns": printing.columns(layout), "selection": run.arguments["asked"]}
        record_read("customers.export_written", actor=run.actor, now=run.now, read={**seen, "file": name})
    return {"file": str(stored.id), "rows": count}


@jobs.handler("customers.bulk", permission="customers.edit", repeatable=True)
def change(run: jobs.JobRun) -> dict[str, Any]:
    """One change on all chosen customers, once: the result is kept with it."""
    selection = actions.Selection.load(run.arguments["selection"])
    ids = {name: uuid.UUID(value) if value else None for name, value in run.arguments["values"].items()}
    why = {"reason": run.arguments["reason"]} if run.arguments.get("reason") else {}
    why |= run.arguments.get("texts", {})
    with run.scope():
        done: actions.Done = CHANGES[run.arguments["change"]](
            actor=run.actor, selection=selection, now=run.now, in_background=True, **ids, **why
        )
        result = {"customers": done.count, "undo": str(done.undo_id)}
        run.keep(result)
    return result


@jobs.handler("customers.share", permission="customers.edit", repeatable=True)
def share(run: jobs.JobRun) -> dict[str, Any]:
    """Share all chosen customers, once: the result is kept with it."""
    with run.scope():
        done = actions.share_customers(
            actor=run.actor,
            selection=actions.Selection.load(run.arguments["selection"]),
            sharing=actions.Sharing.load(run.arguments["sharing"]),
            now=run.now,
            in_background=True,
        )
        result = {"customers": done.count, "undo": str(done.undo_id)}
        run.keep(result)
    return result


@jobs.handler("customers.end_shares", permission="customers.edit", repeatable=True)
def end_shares(run: jobs.JobRun) -> dict[str, Any]:
    """Take shares of all chosen customers away, once: the result is kept with it."""
    given = run.arguments["sharing"]
    with run.scope():
        done = actions.end_shares(
            actor=run.actor,
            selection=actions.Selection.load(run.arguments["selection"]),
            sharing=actions.Sharing.load(given) if given else None,
            now=run.now,
            in_background=True,
        )
        result = {"customers": done.count, "undo": str(done.undo_id)}
        run.keep(result)
    return result


@jobs.handler("customers.return", permission="customers.edit", repeatable=True)
def put_into_pool(run: jobs.JobRun) -> dict[str, Any]:
    """Put all chosen customers into a pool, once: the result is kept with it."""
    pool_id = run.arguments["pool_id"]
    with run.scope():
        done = actions.return_customers(
            actor=run.actor,
            selection=actions.Selection.load(run.arguments["selection"]),
            pool_id=uuid.UUID(pool_id) if pool_id else None,
            reason=run.arguments["reason"],
            now=run.now,
            in_background=True,
        )
        result = {"customers": done.count, "undo": str(done.undo_id)}
        run.keep(result)
    return result


@jobs.handler("customers.fill_pool", permission="pools.manage", repeatable=True)
def fill_pool(run: jobs.JobRun) -> dict[str, Any]:
    """Put those without an owner whom a pool's filter takes into it, once: the result is kept with it."""
    with run.scope():
        done = actions.fill_pool_now(
            actor=run.actor,
            pool_id=uuid.UUID(run.arguments["pool_id"]),
            reason=run.arguments["reason"],
            now=run.now,
        )
        result = {"customers": done.count, "undo": str(done.undo_id)}
        run.keep(result)
    return result


@jobs.handler("customers.reclaim", permission="pools.manage", repeatable=True)
def reclaim(run: jobs.JobRun) -> dict[str, Any]:
    """Put those whose protection lapsed into pools, once: the result is kept with it. Warn owners of the next."""
    with run.scope():
        done, left = actions.reclaim_now(actor=run.actor, now=run.now)
        warned = actions.warn_owners(actor=run.actor, now=run.now)
        undo_id = str(done.undo_id) if done.count else None
        result = {"customers": done.count, "left": left, "warned": warned, "undo": undo_id}
        run.keep(result)
    return result


@jobs.handler("customers.retention", permission="settings.manage", repeatable=True)
def clear_overdue(run: jobs.JobRun) -> dict[str, Any]:
    """Clear what is kept no longer, a chunk of customers a transaction."""
    done = actions.clear_now(
        actor=run.actor,
        now=run.now,
        within=run.scope,
        progress=lambda values: run.progress(values, None, _("Clearing")),
    )
    return {"customers": done.customers, "cleared": done.values}


@jobs.handler("customers.holdings", permission="pools.manage", repeatable=True)
def work_out_holdings(run: jobs.JobRun) -> dict[str, Any]:
    """Work out how owners look after their customers."""
    with run.scope():
        actions.refresh_holdings(run.actor.tenant_id, run.now)
    return {}


@jobs.handler("customers.undo", permission="customers.edit", repeatable=True)
def undo(run: jobs.JobRun) -> dict[str, Any]:
    """Take back one change of many customers, once: the result is kept with it."""
    with run.scope():
        undone = actions.undo_change(
            actor=run.actor, undo_id=uuid.UUID(run.arguments["undo_id"]), now=run.now, in_background=True
        )
        result = {"restored": undone.restored, "left": undone.left}
        run.keep(result)
    return result


@jobs.handler("customers.duplicates", permission="customers.edit", repeatable=True)
def find_duplicates(run: jobs.JobRun) -> dict[str, Any]:
    """Compare all customers; the queue and, by the company's rules, merges are kept with the result."""
    with run.scope():
        result = actions.keep_duplicates(
            actor=run.actor, now=run.now, progress=lambda what: run.progress(0, None, what)
        )
        run.keep(result)
    return result


@clock.periodic("customers.timeline", cron="5 * * * *")
def make_months_ahead(now: datetime.datetime) -> None:
    """Room for this month and the next two, before whoever writes first would have to make it."""
    try:
        actions.make_timeline_months(now, months=2)
    except OperationalError:  # somebody writes for long; there is time until the month begins
        log.warning("customers.timeline_busy")


@clock.periodic("customers.protection", cron="20 * * * *")
def protect(now: datetime.datetime) -> None:
    """Reclaim and warn in each company that has rules, in the small hours of its own time zone.

    In the others only what the fairness page tells is worked out.
    """
    for tenant in Tenant.objects.order_by("id"):
        if now.astimezone(ZoneInfo(tenant.time_zone)).hour == RECLAIM_HOUR:
            with scope(tenant.id):
                system = Actor.system(tenant.id)
                actions.settle_all_contacts(tenant.id)
                if ProtectionRule.objects.filter(archived_at=None).exists():
                    actions.reclaim_lapsed(actor=system, now=now)
                else:
                    actions.work_out_holdings(actor=system, now=now)


@jobs.handler("customers.pack_request", permission="customers.export", repeatable=True)
def pack_request(run: jobs.JobRun) -> dict[str, Any]:
    """Pack everything about the person who asked for it; the result says what was left out."""
    request_id = uuid.UUID(run.arguments["request_id"])
    with run.scope():
        packed = actions.write_subject_package(
            actor=run.actor, request_id=request_id, now=run.now, progress=run.progress
        )
    return {
        "request": str(request_id),
        "rows": sum(packed.areas.values()),
        "files": packed.files,
        "left_out": packed.withheld,
    }


@clock.periodic("customers.packages", cron="30 * * * *")
def purge_packages(now: datetime.datetime) -> None:
    """Delete copies of people's data whose days are over."""
    for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True):
        with scope(tenant_id):
            actions.purge_packages(ended_before=now)


@clock.periodic("customers.requests", cron="10 * * * *")
def warn_of_requests(now: datetime.datetime) -> None:
    """Each morning of a company, what people asked about their data and is due."""
    for tenant in Tenant.objects.order_by("id"):
        local = now.astimezone(ZoneInfo(tenant.time_zone))
        if local.hour == REQUESTS_HOUR:
            with scope(tenant.pk):
                actions.warn_of_due_requests(actor=Actor.system(tenant.pk), today=local.date(), now=now)


@clock.periodic("customers.retention", cron="35 * * * *")
def keep_no_longer(now: datetime.datetime) -> None:
    """Clear by the rules of each company that has some, in the small hours of its own time zone."""
    for tenant in Tenant.objects.order_by("id"):
        if now.astimezone(ZoneInfo(tenant.time_zone)).hour == RETENTION_HOUR:
            with scope(tenant.id):
                if RetentionRule.objects.filter(is_on=True).exists():
                    actions.clear_overdue(actor=Actor.system(tenant.id), now=now)


@clock.periodic("customers.documents", cron="50 18 * * *")
def purge_documents(now: datetime.datetime) -> None:
    """Delete for good the documents that were removed a week ago."""
    for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True):
        with scope(tenant_id):
            actions.purge_documents(removed_before=now - REMOVED_KEPT)


@jobs.handler("customers.erase", permission="customers.erase", repeatable=True)
def erase(run: jobs.JobRun) -> dict[str, Any]:
    """Erase a person; then the files of the warehouse are written anew without him."""
    with run.scope():
        done = actions.erase(
            actor=run.actor,
            erasure_id=uuid.UUID(run.arguments["erasure_id"]),
            now=run.now,
            progress=lambda message: run.progress(0, None, message),
        )
    refresh_warehouse(run.tenant_id, run.now, lambda: run.progress(0, None, _("Waiting for an analysis")))
    return {"erasure": str(done.pk)}


@clock.periodic("customers.grades", cron="30 * * * *")
def grade_anew(now: datetime.datetime) -> None:
    """Once a company's day has begun: whose grade was held until yesterday follows the rules again."""
    for tenant in Tenant.objects.order_by("id"):
        if now.astimezone(ZoneInfo(tenant.time_zone)).hour == GRADED_HOUR:
            with scope(tenant.pk):
                actions.apply_grades(actor=Actor.system(tenant.pk), now=now)


@clock.periodic("customers.bin", cron="40 18 * * *")
def purge_bin(now: datetime.datetime) -> None:
    """Purge whom companies keep in the bin no longer."""
    for tenant in Tenant.objects.order_by("id"):
        before = now - datetime.timedelta(days=tenant.bin_days)
        actor = Actor.system(tenant.id)
        while True:
            with scope(tenant.id):
                if not actions.purge_bin(actor=actor, deleted_before=before, most=PURGED_AT_ONCE, now=now):
                    break
