"""Jobs on customers: whose rights they have, who gets what they bring, and that each is done once."""

import datetime
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests.cast import Company, company
from zhiyin.accounts.access import visitor_by_token
from zhiyin.accounts.actions import tokens
from zhiyin.accounts.models import Member, Role
from zhiyin.customers import actions
from zhiyin.customers.models import Assignment, Customer, Undo
from zhiyin.customers.queries import CustomerFilter
from zhiyin.platform import files, jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.choices import JobState
from zhiyin.platform.errors import NotFound, PermissionDenied
from zhiyin.platform.jobs import registry
from zhiyin.platform.models import Job

Now = datetime.datetime
ALL = actions.Selection(where=CustomerFilter())


@pytest.fixture
def cast(committed: None) -> Company:
    return company(f"jobs-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def secret(cast: Company, now: Now) -> None:
    with cast.scope():
        actions.create_customer(actor=cast.gao.actor, name="Secret", now=now)


def export(cast: Company, actor: Actor, now: Now) -> Job:
    with cast.scope():
        return actions.export_customers(actor=actor, selection=ALL, columns=["name"], style="csv", now=now)


def again(cast: Company, job: Job) -> Job:
    """Run a job as a worker does whose predecessor died after the commit, before the mark."""
    with cast.scope():
        Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    return jobs.run_now(job)


def written(cast: Company, job: Job) -> str:
    with cast.scope():
        stored = files.get(uuid.UUID((job.result or {})["file"]))
        return b"".join(files.download(stored).streaming_content).decode()  # type: ignore[arg-type]


# --- rights ---


@pytest.mark.usefixtures("secret")
def test_an_export_is_had_by_who_started_it_alone(cast: Company, now: Now) -> None:
    job = jobs.run_now(export(cast, cast.gao.actor, now))
    address = reverse("jobs:file", args=[job.pk])
    assert b"Secret" in b"".join(cast.gao.client.get(address))
    assert cast.ma.actor.may("jobs.view_all")
    assert cast.ma.client.get(address).status_code == 404
    assert address not in cast.ma.client.get(reverse("jobs:list")).content.decode()
    assert address in cast.gao.client.get(reverse("jobs:list")).content.decode()
    shown = cast.ma.client.get(reverse("api:get_job", args=[job.pk])).json()
    assert (shown["state"], shown["result"]) == ("succeeded", None)


@pytest.mark.usefixtures("secret")
def test_a_job_has_only_the_rights_that_its_member_still_has(cast: Company, now: Now) -> None:
    parked, waiting = export(cast, cast.xu.actor, now), export(cast, cast.xu.actor, now)
    with cast.scope():
        jobs.cancel(actor=cast.xu.actor, job_id=parked.pk, now=now)
        Member.objects.filter(pk=cast.xu.member.pk).update(role=cast.roles["sales person"])
        jobs.retry(actor=cast.xu.actor, job_id=parked.pk, now=now)
    for job in (parked, waiting):
        assert jobs.run_now(job).state == JobState.FAILED
    with cast.scope():
        assert not Job.objects.filter(result__isnull=False).exists()


@pytest.mark.usefixtures("secret")
def test_a_job_reaches_only_the_records_that_its_member_still_reaches(cast: Company, now: Now) -> None:
    job = export(cast, cast.xu.actor, now)
    with cast.scope():
        Role.objects.filter(pk=cast.xu.member.role_id).update(scope="own")
    assert "Secret" not in written(cast, jobs.run_now(job))


def test_the_job_of_who_was_shut_out_does_nothing(cast: Company, now: Now) -> None:
    with translation.override("en"):
        job = export(cast, cast.xu.actor, now)
    with cast.scope():
        Member.objects.filter(pk=cast.xu.member.pk).update(is_active=False)
    job = jobs.run_now(job)
    assert (job.state, job.result) == (JobState.FAILED, None)
    assert "no longer active" in job.error


def test_every_kind_of_job_names_its_permission() -> None:
    ours = {kind: each for kind, each in registry.kinds().items() if not kind.startswith("tests.")}
    assert ours
    assert [kind for kind, each in ours.items() if each.permission is None] == []


def test_nobody_runs_anothers_job_again(cast: Company, now: Now) -> None:
    job = export(cast, cast.gao.actor, now)
    with cast.scope():
        jobs.cancel(actor=cast.gao.actor, job_id=job.pk, now=now)
        with pytest.raises(PermissionDenied):
            jobs.retry(actor=cast.ma.actor, job_id=job.pk, now=now)
        with pytest.raises(NotFound):
            jobs.retry(actor=cast.lin.actor, job_id=job.pk, now=now)
        assert Job.objects.get(pk=job.pk).state == JobState.CANCELLED


def test_a_token_has_the_jobs_of_tokens_that_may_no_more_than_itself(cast: Company, now: Now) -> None:
    by_hand = export(cast, cast.gao.actor, now)
    exporter = token(cast, now, "customers.view", "customers.export")
    by_token = export(cast, actor_of(cast, exporter, now), now)

    def statuses(text: str) -> list[int]:
        client = Client(headers={"Authorization": f"Bearer {text}"})
        listed = [each["id"] for each in client.get(reverse("api:list_jobs")).json()["items"]]
        found = []
        for job in (by_hand, by_token):
            seen = client.get(reverse("api:get_job", args=[job.pk])).status_code
            assert (str(job.pk) in listed) == (seen == 200)
            stopped = client.post(reverse("api:cancel_job", args=[job.pk])).status_code
            found += [seen, stopped, client.post(reverse("api:retry_job", args=[job.pk])).status_code]
        return found

    assert statuses(token(cast, now, "products.view")) == [404] * 6
    assert statuses(exporter) == [404] * 3 + [200] * 3
    wider = token(cast, now, "customers.view", "customers.export", "products.view")
    assert statuses(wider) == [404] * 3 + [200] * 3
    assert statuses(token(cast, now, "jobs.view_all")) == [200, 200, 403, 200, 200, 403]


def token(cast: Company, now: Now, *permissions: str) -> str:
    """The text of a new token of the administrator."""
    end = now + datetime.timedelta(days=1)
    with cast.scope():
        return tokens.create_token(
            actor=cast.gao.actor, name="t", permissions=permissions, expires_at=end, now=now
        ).text


def actor_of(cast: Company, text: str, now: Now) -> Actor:
    with cast.scope():
        visitor = visitor_by_token(text, now)
    assert visitor
    return visitor.actor


# --- once ---


@pytest.fixture
def in_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions.bulk, "BULK_AT_ONCE", 0)


def nobodys(cast: Company, name: str, now: Now) -> Customer:
    with cast.scope():
        return actions.create_customer(actor=cast.gao.actor, name=name, owner_id=None, now=now)


def assigned_to_lin(cast: Company, now: Now) -> Job:
    """All that have no owner go to Lin, in a job that waits."""
    unowned = actions.Selection(where=CustomerFilter(owner=["none"]))
    with cast.scope():
        done = actions.assign_customers(
            actor=cast.gao.actor, selection=unowned, owner_id=cast.lin.member.pk, now=now
        )
    assert done.job
    return done.job


def owners(cast: Company) -> dict[str, uuid.UUID | None]:
    with cast.scope():
        return dict(Customer.objects.values_list("name", "owner_id"))


@pytest.mark.usefixtures("in_jobs")
def test_many_go_by_the_rules_in_a_job_and_keep_the_reason_given_by_hand(cast: Company, now: Now) -> None:
    nobodys(cast, "甲", now)
    unowned = actions.Selection(where=CustomerFilter(owner=["none"]))
    with cast.scope():
        rules = actions.AssignmentRules("轮流", people=(actions.Turn(cast.chen.member.pk),))
        actions.create_assignment_rule(actor=cast.gao.actor, rules=rules, now=now)
        waiting = actions.assign_by_rules(actor=cast.gao.actor, selection=unowned, now=now).job
    assert waiting
    done = jobs.run_now(waiting)
    assert (done.state, done.result and done.result["customers"]) == ("succeeded", 1)
    assert owners(cast) == {"甲": cast.chen.member.pk}
    with cast.scope():
        by_hand = actions.assign_customers(
            actor=cast.gao.actor, selection=ALL, owner_id=cast.lin.member.pk, reason="出差", now=now
        ).job
    assert by_hand
    jobs.run_now(by_hand)
    with cast.scope():
        assert Assignment.objects.latest("id").reason == "出差"


@pytest.mark.usefixtures("in_jobs")
def test_all_that_match_are_those_that_matched_when_it_was_asked(cast: Company, now: Now) -> None:
    nobodys(cast, "early", now)
    job = assigned_to_lin(cast, now)
    nobodys(cast, "late", now)
    assert (jobs.run_now(job).result or {})["customers"] == 1
    assert owners(cast) == {"early": cast.lin.member.pk, "late": None}


@pytest.mark.usefixtures("in_jobs")
def test_a_change_whose_worker_died_after_it_is_not_done_again(cast: Company, now: Now) -> None:
    row = nobodys(cast, "early", now)
    job = jobs.run_now(assigned_to_lin(cast, now))
    with cast.scope():
        actions.update_customer(actor=cast.gao.actor, customer_id=row.pk, changes={"owner_id": None}, now=now)
    second = again(cast, job)
    assert (second.state, second.result) == (JobState.SUCCEEDED, job.result)
    assert owners(cast) == {"early": None}
    with cast.scope():
        assert [str(each.pk) for each in Undo.objects.all()] == [(job.result or {})["undo"]]


@pytest.mark.usefixtures("in_jobs")
def test_an_undo_whose_worker_died_after_it_tells_what_it_did(cast: Company, now: Now) -> None:
    nobodys(cast, "early", now)
    job = jobs.run_now(assigned_to_lin(cast, now))
    with cast.scope():
        undo_id = uuid.UUID((job.result or {})["undo"])
        undone = actions.undo_change(actor=cast.gao.actor, undo_id=undo_id, now=now)
    assert undone.job
    first = jobs.run_now(undone.job)
    second = again(cast, first)
    assert (second.state, second.result) == (JobState.SUCCEEDED, {"restored": 1, "left": 0})
