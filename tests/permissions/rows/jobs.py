"""A person's own jobs, and everybody's with ``jobs.view_all``."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.platform import files
from zhiyin.platform.choices import DeliveryState, JobState
from zhiyin.platform.jobs import Job
from zhiyin.platform.models import OutboxDelivery, OutboxEvent
from zhiyin.platform.outbox import NO_SUBJECT


def lins_job(state: str, company: Company, **values: Any) -> Mapping[str, Any]:
    job = Job.objects.create(
        kind="tests.nothing", title="Lin's", state=state, created_by=company.lin.member.pk, **values
    )
    return {"job_id": job.pk}


def running(company: Company) -> Mapping[str, Any]:
    return lins_job(JobState.RUNNING, company)


def cancelled(company: Company) -> Mapping[str, Any]:
    return lins_job(JobState.CANCELLED, company)


def with_a_file(company: Company) -> Mapping[str, Any]:
    """Lin's export: what is in it was chosen by what Lin may see."""
    now = timezone.now()
    stored = files.save(BytesIO(b"name"), name="a.csv", actor=company.lin.actor, now=now)
    return lins_job(JobState.SUCCEEDED, company, result={"file": str(stored.id)})


def dead_delivery(company: Company) -> Mapping[str, Any]:
    now = timezone.now()
    event = OutboxEvent.objects.create(name="tests.nothing", occurred_at=now)
    dead = OutboxDelivery.objects.create(
        event=event, handler="tests.nobody", order_key=NO_SUBJECT, due_at=now, state=DeliveryState.DEAD
    )
    return {"delivery_id": dead.pk}


ROWS = [
    Row("GET", "accounts:deliveries", "302 403*6 200*2"),
    Row("POST", "accounts:retry_deliveries", "302 403*6 302*2"),
    Row("POST", "accounts:retry_delivery", "302 403*6 302 404", given=dead_delivery),
    Row("POST", "accounts:dismiss_delivery", "302 403*6 302 404", given=dead_delivery),
    Row("GET", "api:list_failed_deliveries", "401 403*6 200*2"),
    Row("POST", "api:retry_failed_deliveries", "401 403*6 200*2"),
    Row("POST", "api:retry_failed_delivery", "401 403*6 200 404", given=dead_delivery),
    Row("DELETE", "api:dismiss_failed_delivery", "401 403*6 204 404", given=dead_delivery),
    Row("POST", "api:check_audit", "401 403*6 200*2"),
    Row("GET", "jobs:list", "302 200*8"),
    Row("GET", "jobs:running", "302 200*8"),
    Row("GET", "jobs:card", "302 302 404 302 404*3 302 404", given=running),
    Row("GET", "jobs:file", "302 404*8", given=running, note="which wrote no file"),
    Row("GET", "jobs:file", "302 200 404*7", given=with_a_file),
    Row("GET", "api:get_job_file", "401 200 404*7", given=with_a_file),
    Row("POST", "jobs:cancel", "302 302 404 302 404*3 302 404", given=running),
    Row("POST", "jobs:retry", "302 302 404 403 404*3 403 404", given=cancelled),
    Row("POST", "jobs:retry", "302 409 404 403 404*3 403 404", given=running, note="which has not ended"),
    Row("GET", "api:list_jobs", "401 200*8"),
    Row("GET", "api:get_job", "401 200 404 200 404*3 200 404", given=running),
    Row("POST", "api:cancel_job", "401 200 404 200 404*3 200 404", given=running),
    Row("POST", "api:retry_job", "401 200 404 403 404*3 403 404", given=cancelled),
    Row("POST", "api:retry_job", "401 409 404 403 404*3 403 404", given=running, note="which has not ended"),
]
