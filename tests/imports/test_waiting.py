"""Imports of one company follow each other: the one that waits says so, can be cancelled, and lets a worker end."""

import threading
import time
from contextlib import contextmanager

import pytest
from django.db import connections
from django.utils.translation import gettext

from tests.imports.importing import NOW, contents, import_text, query, step, upload
from tests.imports.test_faults import job_of, many
from tests.platform.processes import until, worker
from zhiyin.imports import actions, running
from zhiyin.imports.models import Import
from zhiyin.platform import jobs
from zhiyin.platform.choices import JobState
from zhiyin.platform.tenancy import scope


@contextmanager
def another_import(actor):
    """Hold, as an import under way does, what lets only one of the company's write."""
    line = connections.create_connection("default")
    with line.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [running.turn(actor.tenant_id)])
    try:
        yield
    finally:
        line.close()


def is_waiting(actor, batch):
    job = job_of(actor, batch)
    return job.state == JobState.RUNNING and job.message == gettext(
        "Waiting for another import of the company"
    )


def begin(actor, batch, what="apply", *, foreground):
    with scope(actor.tenant_id):
        return actions.start(actor=actor, import_id=batch.id, step=what, now=NOW, foreground=foreground)


@pytest.mark.parametrize("what", ["apply", "undo"])
def test_it_says_that_it_waits_and_can_be_cancelled(own, what):
    batch = (
        import_text(own, many(50), kind="orders") if what == "undo" else upload(own, many(50), kind="orders")
    )
    before = contents(own)
    job = begin(own, batch, what, foreground=True)

    def work():
        jobs.run_now(job)
        connections.close_all()

    with another_import(own):
        thread = threading.Thread(target=work)
        thread.start()
        until(lambda: is_waiting(own, batch), 20)
        with scope(own.tenant_id):
            jobs.cancel(actor=own, job_id=job.id, now=NOW)
        thread.join(20)
        assert not thread.is_alive()
    assert job_of(own, batch).state == JobState.CANCELLED
    assert contents(own) == before
    with scope(own.tenant_id):
        assert Import.objects.get(pk=batch.pk).state == ("applied" if what == "undo" else "cancelled")


def test_a_worker_that_waits_ends_when_asked_and_the_import_goes_on_later(own):
    batch = upload(own, many(50), kind="orders")
    begin(own, batch, foreground=False)
    with another_import(own), worker() as process:
        until(lambda: is_waiting(own, batch))
        asked = time.monotonic()
        process.terminate()
        process.wait(30)
        assert time.monotonic() - asked < 10
        assert job_of(own, batch).state == JobState.QUEUED
    with worker():
        until(lambda: job_of(own, batch).is_finished, 60)
    assert job_of(own, batch).state == JobState.SUCCEEDED


def test_an_earlier_step_run_again_does_not_touch_what_came_after(own):
    batch = upload(own, many(50), kind="orders")
    check = begin(own, batch, "check", foreground=True)
    with scope(own.tenant_id):
        jobs.cancel(actor=own, job_id=check.id, now=NOW)
    assert step(own, batch, "apply").state == "applied"
    with scope(own.tenant_id):
        jobs.retry(actor=own, job_id=check.id, now=NOW)
    assert jobs.run_now(job_of_id(own, check.id)).state == JobState.FAILED
    with scope(own.tenant_id):
        assert Import.objects.get(pk=batch.pk).state == "applied"


def test_a_step_of_a_removed_file_says_so(own):
    batch = upload(own, many(50), kind="orders")
    check = begin(own, batch, "check", foreground=True)
    with scope(own.tenant_id):
        jobs.cancel(actor=own, job_id=check.id, now=NOW)
        actions.discard_import(actor=own, import_id=batch.id, now=NOW)
        jobs.retry(actor=own, job_id=check.id, now=NOW)
    ended = jobs.run_now(job_of_id(own, check.id))
    assert ended.state == JobState.FAILED
    assert str(ended.id) not in ended.error, "no unexpected error that only the log explains"
    assert query(own, "SELECT count(*) FROM imports_import") == [(0,)]


def job_of_id(actor, job_id):
    with scope(actor.tenant_id):
        return jobs.Job.objects.get(pk=job_id)
