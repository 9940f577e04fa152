"""The worker as a process: it works, dies, comes back, and ends when told to."""

import signal
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.utils import timezone

from tests.platform.processes import until, worker
from zhiyin.platform import jobs, outbox
from zhiyin.platform.actors import Actor
from zhiyin.platform.choices import DeliveryState, JobState
from zhiyin.platform.models import AuditLeaf, AuditPending, Job, OutboxDelivery, StoredFile, Worker
from zhiyin.platform.tenancy import scope

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.slow]
WORK = "tests.platform.work"


@dataclass(frozen=True)
class Crash(outbox.Event):
    name: ClassVar = "tests.crash"
    path: str


@pytest.fixture
def actor() -> Actor:
    return Actor.system(uuid.uuid4(), "林岚")


def start(actor: Actor, kind: str, **arguments: Any) -> Job:
    import tests.platform.work  # noqa: F401

    with scope(actor.tenant_id):
        return jobs.start(actor=actor, kind=kind, title="测试", arguments=arguments, now=timezone.now())


def look(actor: Actor, job: Job) -> Job:
    with scope(actor.tenant_id):
        return Job.objects.get(pk=job.id)


def test_a_worker_does_jobs_and_seals_and_ends_on_sigterm(actor: Actor, tmp_path: Path) -> None:
    job = start(actor, "tests.slow", steps=3, path=str(tmp_path / "log"))
    with worker(WORK) as process:
        until(lambda: look(actor, job).state == JobState.SUCCEEDED)
        with scope(actor.tenant_id):
            until(lambda: AuditLeaf.objects.exists() and not AuditPending.objects.exists())
        assert Worker.objects.filter(pid=process.pid).exists()
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        assert time.monotonic() - begun < 4
    assert not Worker.objects.filter(pid=process.pid).exists()


def test_a_job_started_while_the_worker_runs_begins_at_once(actor: Actor, tmp_path: Path) -> None:
    with worker(WORK) as process:
        until(lambda: Worker.objects.filter(pid=process.pid).exists())
        time.sleep(1)
        begun = time.monotonic()
        job = start(actor, "tests.slow", steps=1, path=str(tmp_path / "log"))
        until(lambda: look(actor, job).state == JobState.SUCCEEDED)
        assert time.monotonic() - begun < 5


def test_a_running_job_is_cancelled_from_outside(actor: Actor, tmp_path: Path) -> None:
    job = start(actor, "tests.slow", steps=2000, path=str(tmp_path / "log"))
    with worker(WORK):
        until(lambda: look(actor, job).done > 3)
        with scope(actor.tenant_id):
            jobs.cancel(actor=actor, job_id=job.id, now=timezone.now())
        until(lambda: look(actor, job).state == JobState.CANCELLED, 10)


def test_sigterm_sends_a_running_job_back_to_the_queue(actor: Actor, tmp_path: Path) -> None:
    job = start(actor, "tests.slow", steps=100, path=str(tmp_path / "log"))
    with worker(WORK) as process:
        until(lambda: look(actor, job).done > 3)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        assert time.monotonic() - begun < 4
    assert look(actor, job).state == JobState.QUEUED
    with worker(WORK):
        until(lambda: look(actor, job).state == JobState.SUCCEEDED)
    assert look(actor, job).result == {"attempt": 2}


def test_a_job_that_does_not_listen_does_not_hold_up_the_end(actor: Actor, tmp_path: Path) -> None:
    job = start(actor, "tests.deaf", seconds=60, path=str(tmp_path / "log"))
    with worker(WORK) as process:
        until((tmp_path / "log").exists)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(5)
        assert time.monotonic() - begun < 4
    with worker(WORK):
        until(lambda: look(actor, job).state == JobState.SUCCEEDED)


def test_kill_9_repeats_what_may_be_repeated(actor: Actor, tmp_path: Path) -> None:
    job = start(actor, "tests.slow", steps=60, path=str(tmp_path / "log"))
    with worker(WORK) as process:
        until(lambda: look(actor, job).done > 3)
        process.kill()
    assert look(actor, job).state == JobState.RUNNING
    with worker(WORK):
        until(lambda: look(actor, job).state == JobState.SUCCEEDED)
    assert look(actor, job).result == {"attempt": 2}


def test_kill_9_fails_what_may_not_be_repeated(actor: Actor, tmp_path: Path) -> None:
    job = start(actor, "tests.once", seconds=60, path=str(tmp_path / "log"))
    with worker(WORK) as process:
        until((tmp_path / "log").exists)
        process.kill()
    with worker(WORK):
        until(lambda: look(actor, job).state == JobState.FAILED)
    assert look(actor, job).error
    assert len((tmp_path / "log").read_text().splitlines()) == 1


def test_a_second_worker_leaves_a_running_job_alone(actor: Actor, tmp_path: Path) -> None:
    job = start(actor, "tests.slow", steps=120, path=str(tmp_path / "log"))
    with worker(WORK), worker(WORK):
        until(lambda: look(actor, job).state == JobState.SUCCEEDED)
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) == 120
    assert len({line.split()[2] for line in lines}) == 1


def test_a_crash_between_handler_and_mark_delivers_again(actor: Actor, tmp_path: Path) -> None:
    import tests.platform.work  # noqa: F401

    path = tmp_path / "log"
    with scope(actor.tenant_id):
        outbox.publish(Crash(str(path)), actor_name="林岚", now=timezone.now())
    with worker(WORK) as process:
        assert process.wait(20) == 9
    with scope(actor.tenant_id):
        assert OutboxDelivery.objects.get().state == DeliveryState.PENDING
        assert not StoredFile.objects.exists()
    with worker(WORK):

        def done() -> bool:
            with scope(actor.tenant_id):
                return OutboxDelivery.objects.get().state == DeliveryState.DONE

        until(done)
    assert len(path.read_text().splitlines()) == 2
    with scope(actor.tenant_id):
        assert StoredFile.objects.count() == 1
