"""Killed workers, cancelled jobs, two imports at once, files that cannot be guessed: nothing half-done stays."""

import os
import signal
import threading
from decimal import Decimal
from functools import partial

import pytest
from django.db import connections

from tests.imports.importing import HEADER, NOW, contents, import_text, step, upload
from tests.platform.processes import until, worker
from zhiyin.accounts.models import Role
from zhiyin.commerce.totals import totals
from zhiyin.imports import actions
from zhiyin.imports.errors import NotReady, Unreadable
from zhiyin.imports.models import Import
from zhiyin.platform import jobs
from zhiyin.platform.choices import JobState
from zhiyin.platform.errors import Invalid
from zhiyin.platform.models import StoredFile
from zhiyin.platform.tenancy import scope


def many(count, prefix="A"):
    rows = (f"{prefix}{n // 5},2024-03-05,K{n % 97},P{n % 50},1,{n % 7}.5" for n in range(count))
    return HEADER + "\n".join(rows) + "\n"


def sums(actor):
    with scope(actor.tenant_id):
        found = totals(actor)
    return found["lines"], found["orders"], found["value"]


def job_of(actor, batch):
    with scope(actor.tenant_id):
        return jobs.Job.objects.get(pk=Import.objects.get(pk=batch.pk).job_id)


def test_a_worker_killed_in_the_middle_resumes_without_doubling_a_row(own):
    count = 400_000
    batch = upload(own, many(count), kind="orders")
    with scope(own.tenant_id):
        actions.start(actor=own, import_id=batch.id, step="apply", now=NOW)
    with worker() as process:
        until(lambda: job_of(own, batch).done > count)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert job_of(own, batch).state == JobState.RUNNING
    assert sums(own) == (0, 0, 0), "nothing half-done is seen"
    with worker():
        until(lambda: job_of(own, batch).is_finished, 120)
    assert job_of(own, batch).state == JobState.SUCCEEDED
    assert job_of(own, batch).attempts == 2
    expected = sum(Decimal(n % 7) + Decimal("0.5") for n in range(count))
    assert sums(own) == (count, count // 5, expected)


def test_work_that_was_committed_is_not_done_again(own):
    """The worker died after the commit, before it could say so."""
    batch = import_text(own, many(50), kind="orders")
    before = contents(own)
    with scope(own.tenant_id):
        jobs.Job.objects.filter(pk=batch.job_id).update(state=JobState.QUEUED)
    assert jobs.run_now(job_of(own, batch)).result["effect"] == batch.result["effect"]
    assert contents(own) == before


def test_a_cancelled_import_leaves_nothing(own, monkeypatch):
    monkeypatch.setattr("zhiyin.platform.jobs.run.SECONDS_BETWEEN_WRITES", 0)
    batch = upload(own, many(20_000), kind="orders")
    with scope(own.tenant_id):
        job = actions.start(actor=own, import_id=batch.id, step="apply", now=NOW, foreground=True)

    def cancel(done, total, _message):
        if total and done > total // 2:
            with scope(own.tenant_id):
                jobs.Job.objects.filter(pk=job.pk, cancel_requested_at=None).update(cancel_requested_at=NOW)

    def in_thread(*arguments):
        thread = threading.Thread(target=lambda: (cancel(*arguments), connections.close_all()))
        thread.start()
        thread.join()

    assert jobs.run_now(job, watcher=in_thread).state == JobState.CANCELLED
    assert not any(contents(own).values())
    with scope(own.tenant_id):
        assert Import.objects.get(pk=batch.pk).state == "cancelled"
    assert step(own, batch, "apply").state == "applied", "and can be begun again"


def test_the_same_file_twice_at_once_is_written_once(own):
    batches = [upload(own, many(5_000), kind="orders") for _ in range(2)]
    results = []

    def work(batch):
        try:
            results.append(step(own, batch, "apply"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[batch]) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [batch.state for batch in results] == ["applied", "applied"]
    assert sorted(batch.result["effect"]["lines_created"] for batch in results) == [0, 5_000]
    assert sums(own)[:2] == (5_000, 1_000)


@pytest.mark.parametrize("content", ["", "a,b\n", "foo,bar\nx,y\n", "%PDF-1.7"])
def test_a_file_that_cannot_be_used_is_not_kept(gao, content):
    with pytest.raises(Unreadable) as caught:
        upload(gao, content)
    assert str(caught.value.message)
    with scope(gao.tenant_id):
        assert not Import.objects.exists()
        assert not StoredFile.objects.exists()


def test_a_file_that_breaks_off_fails_with_its_reason(gao):
    batch = upload(gao, many(400_000) + 'B1,2024-03-05,K1,P1,1,"' + "x" * 9_000_000, kind="orders")
    failed = step(gao, batch, "apply")
    assert failed.state == "failed"
    assert "quotation mark" in failed.problem.english()
    assert sums(gao) == (0, 0, 0)


def test_dates_that_cannot_be_read_at_all_are_told(gao):
    failed = step(gao, upload(gao, HEADER + "A1,soon,K1,P1,1,2\n", kind="orders"), "check")
    assert failed.state == "failed"
    assert "date" in failed.problem.english()


def test_a_step_that_is_run_again_keeps_others_out_and_gives_way_to_a_later_one(gao):
    batch = upload(gao, HEADER + "A1,2024-03-05,K1,P1,1,2\n", kind="orders")
    with scope(gao.tenant_id):
        job = actions.start(actor=gao, import_id=batch.id, step="check", now=NOW)
        jobs.cancel(actor=gao, job_id=job.id, now=NOW)
        Import.objects.update(state="cancelled")
        jobs.retry(actor=gao, job_id=job.id, now=NOW)
    for attempt in (actions.discard_import, partial(actions.start, step="apply")):
        with scope(gao.tenant_id), pytest.raises(NotReady):
            attempt(actor=gao, import_id=batch.id, now=NOW)

    def meanwhile(*_progress):
        with scope(gao.tenant_id):
            Import.objects.update(job=None, state="applied")

    assert jobs.run_now(job, watcher=meanwhile).state == "failed"
    with scope(gao.tenant_id):
        assert Import.objects.get().state == "applied"


def test_a_step_of_who_lost_the_right_meanwhile_writes_nothing(gao):
    batch = upload(gao, HEADER + "A1,2024-03-05,K1,P1,1,2\n", kind="orders")
    with scope(gao.tenant_id):
        job = actions.start(actor=gao, import_id=batch.id, step="apply", now=NOW, foreground=True)
        Role.objects.filter(holds_all=True).update(
            holds_all=False, permissions=["imports.run", "customers.edit"]
        )
    assert jobs.run_now(job).state == "failed"
    assert sums(gao) == (0, 0, 0)


def test_a_step_begins_only_where_it_can(gao):
    batch = upload(gao, HEADER + "A1,2024-03-05,K1,P1,1,2\n", kind="orders")
    with pytest.raises(NotReady):
        step(gao, batch, "undo")
    with scope(gao.tenant_id), pytest.raises(Invalid):
        actions.choose_columns(actor=gao, import_id=batch.id, mapping={"ordered_at": "nothing"}, now=NOW)
    with scope(gao.tenant_id):
        actions.choose_columns(
            actor=gao, import_id=batch.id, mapping={"order_number": "order number"}, now=NOW
        )
    with pytest.raises(Invalid):
        step(gao, batch, "apply")
