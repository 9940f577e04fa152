"""The sign in the frame and the list of jobs hear of jobs instead of asking again and again."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.cast import Company
from zhiyin.platform import jobs
from zhiyin.platform.choices import JobState
from zhiyin.platform.models import Job
from zhiyin.platform.realtime.topics import allowed


@jobs.handler("tests.nothing_heard")
def nothing(run: jobs.JobRun) -> None: ...


def _begin(cast: Company) -> Job:
    with cast.scope():
        return jobs.start(
            actor=cast.lin.actor,
            kind="tests.nothing_heard",
            title="Lin's",
            now=timezone.now(),
            foreground=True,
        )


@pytest.mark.django_db
def test_the_sign_listens_only_while_something_is_under_way(cast: Company) -> None:
    topic = f'data-sse-topic="member:{cast.lin.member.pk}"'
    quiet = cast.lin.client.get("/jobs/running/").content.decode()
    assert topic not in quiet
    _begin(cast)
    busy = cast.lin.client.get("/jobs/running/").content.decode()
    assert topic in busy
    assert "every" not in busy


@pytest.mark.django_db
def test_the_first_page_of_jobs_listens(cast: Company) -> None:
    _begin(cast)

    def shown(client: Client, url: str = "/jobs/") -> str:
        return client.get(url).content.decode()

    assert f'id="jobs" data-sse-topic="member:{cast.lin.member.pk}"' in shown(cast.lin.client)
    assert 'id="jobs" data-sse-topic="jobs"' in shown(cast.gao.client)
    piece = cast.lin.client.get("/jobs/", headers={"HX-Request": "true"}).content.decode()
    assert 'id="jobs"' in piece
    assert "<html" not in piece


@pytest.mark.django_db
def test_who_hears_of_everybodys_jobs(cast: Company) -> None:
    assert allowed(cast.gao.actor, ["jobs"]) == ["jobs"]
    assert allowed(cast.lin.actor, ["jobs", f"member:{cast.gao.member.pk}"]) == []


@pytest.mark.usefixtures("committed")
def test_a_job_tells_its_starter_when_it_waits_and_when_it_ends() -> None:
    from tests.cast import company
    from zhiyin.platform.keys import uuid7

    cast = company(f"news-{uuid7().hex}")
    connection.ensure_connection()
    heard: list[tuple[str, str]] = []
    line = connection.connection
    line.execute("LISTEN zhiyin_realtime")
    jobs.run_now(_begin(cast))
    for notice in line.notifies(timeout=0.5):
        message = json.loads(notice.payload)
        if message["topic"] in (f"member:{cast.lin.member.pk}", "jobs"):
            heard.append((message["topic"].partition(":")[0], message["data"]["state"]))
    line.execute("UNLISTEN *")
    assert sorted(heard) == sorted(
        (topic, state) for topic in ("member", "jobs") for state in (JobState.QUEUED, JobState.SUCCEEDED)
    )
