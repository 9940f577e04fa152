"""Probes and measurements."""

import datetime
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from zhiyin.platform import health
from zhiyin.platform.models import Worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def working() -> Worker:
    Worker.objects.all().delete()
    return Worker.objects.create(host="here", pid=1, started_at=timezone.now(), seen_at=timezone.now())


def test_alive_asks_nothing(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_num_queries(0):
        answer = Client(headers={"host": "10.1.2.3"}).get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_ready_while_a_worker_works(working: Worker) -> None:
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": []})


def test_not_ready_with_a_silent_worker_or_none(working: Worker) -> None:
    working.seen_at -= datetime.timedelta(minutes=1)
    working.save()
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert "since" in answer.json()["reasons"][0]
    working.delete()
    assert Client().get("/readyz").json()["reasons"] == [
        "No worker runs: start zhiyin serve or zhiyin worker."
    ]


def test_not_ready_without_the_last_migration(working: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_: [object()])
    answer = Client().get("/readyz")
    assert (answer.status_code, len(answer.json()["reasons"])) == (503, 1)


def test_probes_only_answer_get() -> None:
    assert Client().post("/healthz").status_code == 405


def test_measurements_count_requests_by_route_and_never_by_path(working: Worker) -> None:
    secret = uuid.uuid4()
    Client().get(f"/jobs/{secret}/card/?q=13800000000")
    text = Client().get("/metrics").content.decode()
    assert 'route="/jobs/<uuid:job_id>/card/"' in text
    assert str(secret) not in text
    assert "13800000000" not in text
    for name in (
        "zhiyin_request_seconds_bucket",
        "zhiyin_outbox_lag_seconds",
        "zhiyin_worker_silence_seconds",
    ):
        assert name in text


@pytest.mark.parametrize(
    ("request_from", "status"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, 200),
        ({"REMOTE_ADDR": "::1"}, 200),
        ({"REMOTE_ADDR": "192.0.2.7"}, 404),
        ({"REMOTE_ADDR": ""}, 404),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7"}, 404),
        ({"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": "Bearer right"}, 200),
        ({"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": "Bearer wrong"}, 404),
    ],
)
def test_measurements_are_not_for_everybody(
    request_from: dict[str, str], status: int, settings, working
) -> None:  # type: ignore[no-untyped-def]
    settings.ZHIYIN_METRICS_TOKEN = "right"
    assert Client().get("/metrics", **request_from).status_code == status


def test_without_a_token_an_empty_one_opens_nothing(settings) -> None:  # type: ignore[no-untyped-def]
    settings.ZHIYIN_METRICS_TOKEN = ""
    answer = Client().get("/metrics", REMOTE_ADDR="192.0.2.7", HTTP_AUTHORIZATION="Bearer ")
    assert answer.status_code == 404
