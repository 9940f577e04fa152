"""Jobs: their run, progress, cancel, retry, and what is left when one fails."""

import uuid

import pytest
from django.db import OperationalError, connections
from django.utils import timezone, translation

from zhiyin.platform import jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.choices import JobState
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.platform.models import AuditEntry, Job
from zhiyin.platform.tenancy import scope

pytestmark = pytest.mark.usefixtures("committed")
TENANT = uuid.uuid4()
LIN = Actor(tenant_id=TENANT, member_id=uuid.uuid4(), name="林岚")
CHEN = Actor(tenant_id=TENANT, member_id=uuid.uuid4(), name="陈晨")


@jobs.handler("tests.count", repeatable=True)
def count(run: jobs.JobRun) -> dict[str, int]:
    for number in range(run.arguments["to"]):
        run.progress(number, run.arguments["to"], "counting")
    return {"counted": run.arguments["to"]}


@jobs.handler("tests.watch_from_outside")
def watch_from_outside(run: jobs.JobRun) -> dict[str, int]:
    other = connections.create_connection("default")
    with run.scope():
        Job.objects.filter(pk=run.id).count()
        run.progress(3, 7, "inside a transaction")
        with other.cursor() as cursor:
            cursor.execute("SELECT set_config('zhiyin.tenant', %s, false)", [str(TENANT)])
            cursor.execute("SELECT done FROM platform_job WHERE id = %s", [run.id])
            seen = cursor.fetchone()[0]
    other.close()
    return {"seen": seen}


@jobs.handler("tests.refuse")
def refuse(run: jobs.JobRun) -> None:
    raise Invalid("The file is empty.")


@jobs.handler("tests.break")
def break_down(run: jobs.JobRun) -> None:
    raise ZeroDivisionError("王小明 13800000000")


@jobs.handler("tests.cancel_itself")
def cancel_itself(run: jobs.JobRun) -> None:
    with run.scope():
        jobs.cancel(actor=run.actor, job_id=run.id, now=timezone.now())
    run.progress(1, 2)
    raise AssertionError("went on after the cancel")


@jobs.handler("tests.break_after_the_work")
def break_after_the_work(run: jobs.JobRun) -> None:
    with run.scope():
        run.keep({"attempt": run.attempt})
    raise OperationalError("the connection was lost right after the commit")


@jobs.handler("tests.clock_on_the_wall")
def clock_on_the_wall(run: jobs.JobRun) -> dict[str, str]:
    return {"zone": timezone.get_current_timezone_name(), "language": translation.get_language()}


def begin(kind: str, **arguments: object) -> Job:
    with scope(TENANT):
        return jobs.start(
            actor=LIN, kind=kind, title="测试", arguments=arguments, now=timezone.now(), foreground=True
        )


def test_a_job_speaks_the_language_and_tells_the_time_of_who_started_it() -> None:
    with timezone.override("Asia/Tokyo"), translation.override("zh-hans"):
        job = begin("tests.clock_on_the_wall")
    assert jobs.run_now(job).result == {"zone": "Asia/Tokyo", "language": "zh-hans"}


def test_a_job_runs_and_leaves_its_result() -> None:
    told: list[int] = []
    job = jobs.run_now(begin("tests.count", to=3), watcher=lambda done, total, message: told.append(done))
    assert (job.state, job.result, job.done, told) == (JobState.SUCCEEDED, {"counted": 3}, 2, [0, 1, 2])
    assert job.started_at
    assert job.finished_at


def test_progress_is_seen_from_outside_a_running_transaction() -> None:
    assert jobs.run_now(begin("tests.watch_from_outside")).result == {"seen": 3}


def test_a_refusal_is_kept_in_words_and_a_breakdown_without_its_data() -> None:
    assert jobs.run_now(begin("tests.refuse")).error == "The file is empty."
    broken = jobs.run_now(begin("tests.break"))
    assert broken.state == JobState.FAILED
    assert "王小明" not in broken.error
    assert str(broken.id) in broken.error


def test_what_was_kept_with_the_work_is_the_result_whatever_comes_after() -> None:
    job = jobs.run_now(begin("tests.break_after_the_work"))
    assert (job.state, job.result, job.error) == (JobState.SUCCEEDED, {"attempt": 1}, "")
    with scope(TENANT):
        # as when the process dies before the mark
        Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    job = jobs.run_now(job)
    assert (job.state, job.result, job.attempts) == (JobState.SUCCEEDED, {"attempt": 1}, 2)


def test_a_running_job_ends_at_the_step_after_its_cancel() -> None:
    assert jobs.run_now(begin("tests.cancel_itself")).state == JobState.CANCELLED


def test_a_failed_job_runs_again_and_one_that_succeeded_does_not() -> None:
    failed = jobs.run_now(begin("tests.refuse"))
    with scope(TENANT):
        again = jobs.retry(actor=LIN, job_id=failed.id, now=timezone.now())
        assert (again.state, again.error) == (JobState.QUEUED, "")
        assert again.queue_id
    done = jobs.run_now(begin("tests.count", to=1))
    with pytest.raises(Conflict), scope(TENANT):
        jobs.retry(actor=LIN, job_id=done.id, now=timezone.now())
    with pytest.raises(Conflict), scope(TENANT):
        jobs.cancel(actor=LIN, job_id=done.id, now=timezone.now())


def test_a_queued_job_is_cancelled_at_once() -> None:
    with scope(TENANT):
        job = jobs.start(actor=LIN, kind="tests.count", title="…", arguments={"to": 1}, now=timezone.now())
        assert jobs.cancel(actor=LIN, job_id=job.id, now=timezone.now()).state == JobState.CANCELLED
        actions = list(
            AuditEntry.objects.filter(subject_id=job.id).order_by("id").values_list("action", flat=True)
        )
    assert actions == ["platform.job_started", "platform.job_cancel_asked"]
    assert jobs.run_now(job).state == JobState.CANCELLED


def test_a_teammate_neither_sees_nor_cancels_it() -> None:
    job = begin("tests.count", to=1)
    with scope(TENANT):
        assert list(jobs.visible(LIN).filter(pk=job.id)) == [job]
        assert not jobs.visible(CHEN).filter(pk=job.id).exists()
        with pytest.raises(NotFound):
            jobs.cancel(actor=CHEN, job_id=job.id, now=timezone.now())
        assert Job.objects.get(pk=job.id).state == JobState.QUEUED
        boss = Actor(TENANT, uuid.uuid4(), "高敏", permissions=frozenset({"jobs.view_all"}))
        assert jobs.visible(boss).filter(pk=job.id).exists()


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no handler"):
        begin("tests.nothing")
