"""Two workers at once: each event is handled once and each job runs once; without the guard they are not."""

import contextlib
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from django.db import connections
from django.utils import timezone

from zhiyin.platform import jobs, outbox, relay
from zhiyin.platform.actors import Actor
from zhiyin.platform.choices import DeliveryState
from zhiyin.platform.jobs import run as running
from zhiyin.platform.models import Job, OutboxDelivery
from zhiyin.platform.tenancy import scope

pytestmark = pytest.mark.usefixtures("committed")
HEARD: list[int] = []
RUNS: list[str] = []


@dataclass(frozen=True)
class Knocked(outbox.Event):
    name: ClassVar = "tests.knocked"
    number: int


@outbox.handles("tests.knocked")
def hear(event: outbox.Delivered) -> None:
    time.sleep(0.02)
    HEARD.append(event.data["number"])


@jobs.handler("tests.meet", repeatable=True)
def meet(run: jobs.JobRun) -> None:
    RUNS.append(threading.current_thread().name)
    time.sleep(0.3)


def at_once(*works: Callable[[], Any]) -> None:
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> None:
        gate.wait()
        try:
            work()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def knock(count: int, *, subject: uuid.UUID | None = None) -> uuid.UUID:
    HEARD.clear()
    tenant = uuid.uuid4()
    with scope(tenant):
        for number in range(count):
            about = ("door", subject or uuid.uuid4())
            outbox.publish(Knocked(number), actor_name="林岚", now=timezone.now(), subject=about)
    return tenant


def drain(tenant: uuid.UUID) -> Callable[[], None]:
    def work() -> None:
        while True:
            relay.deliver(tenant)
            with scope(tenant):
                if not OutboxDelivery.objects.filter(state=DeliveryState.PENDING).exists():
                    return

    return work


def test_two_relays_handle_each_event_once_and_share_the_work() -> None:
    tenant = knock(20)
    at_once(drain(tenant), drain(tenant))
    assert sorted(HEARD) == list(range(20))


def test_two_relays_keep_the_order_of_one_subject() -> None:
    tenant = knock(10, subject=uuid.uuid4())
    at_once(drain(tenant), drain(tenant))
    assert list(range(10)) == HEARD


def test_control_without_the_lock_events_are_handled_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def unlocked() -> OutboxDelivery | None:
        pending = OutboxDelivery.objects.filter(state=DeliveryState.PENDING)
        return pending.select_related("event").order_by("event_id").first()

    monkeypatch.setattr(relay, "_next", unlocked)
    tenant = knock(20)
    at_once(drain(tenant), drain(tenant))
    assert len(HEARD) > 20


def start_meeting() -> Job:
    RUNS.clear()
    actor = Actor.system(uuid.uuid4(), "林岚")
    with scope(actor.tenant_id):
        return jobs.start(actor=actor, kind="tests.meet", title="…", now=timezone.now(), foreground=True)


def take_up(job: Job) -> Callable[[], None]:
    def work() -> None:
        with contextlib.suppress(jobs.JobInterrupted):
            running.execute(job.id, job.tenant_id)

    return work


def test_two_workers_run_a_job_once() -> None:
    job = start_meeting()
    at_once(take_up(job), take_up(job))
    assert len(RUNS) == 1


def test_control_without_holding_it_a_job_runs_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_hold", lambda line, job_id: True)
    job = start_meeting()
    at_once(take_up(job), take_up(job))
    assert len(RUNS) == 2
