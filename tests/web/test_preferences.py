"""Language and theme: kept by the browser, and with the person who is signed in."""

import datetime

import pytest
from django.test import Client

from tests.cast import Company
from zhiyin.accounts.models import Tenant, User
from zhiyin.platform.models import AuditEntry, Job


@pytest.mark.django_db
def test_the_language_is_chosen_before_signing_in() -> None:
    client = Client()
    response = client.post("/preferences/", {"language": "en", "next": "/jobs/"})
    assert (response.status_code, response.headers["Location"]) == (302, "/jobs/")
    assert client.cookies["zhiyin_language"].value == "en"


@pytest.mark.django_db
def test_a_persons_choice_goes_with_the_person(cast: Company) -> None:
    cast.lin.client.post("/preferences/", {"language": "en"})
    cast.lin.client.post("/preferences/", {"theme": "dark"}, headers={"HX-Request": "true"})
    lin = User.objects.get(pk=cast.lin.user.pk)
    assert (lin.language, lin.theme) == ("en", "dark")
    with cast.scope():
        entries = AuditEntry.objects.filter(subject_id=cast.lin.member.pk).order_by("id")
        assert [each.changes for each in entries] == [{"language": ["", "en"]}, {"theme": ["auto", "dark"]}]
    html = cast.lin.client.get("/").content.decode()
    assert '<html lang="en" data-bs-theme="dark">' in html


@pytest.mark.django_db
def test_times_are_the_companys_zone_in_the_form_the_person_chose(cast: Company) -> None:
    Tenant.objects.filter(pk=cast.tenant.pk).update(time_zone="Asia/Tokyo")
    User.objects.filter(pk=cast.lin.user.pk).update(time_format="12", language="en")
    with cast.scope():
        moment = datetime.datetime(2026, 3, 3, 6, 5, tzinfo=datetime.UTC)
        Job.objects.create(
            kind="tests.nothing",
            title="Lin's",
            state="succeeded",
            created_by=cast.lin.member.pk,
            finished_at=moment,
        )
    assert "3 Mar 2026, 3:05 p.m." in cast.lin.client.get("/jobs/").content.decode()
    User.objects.filter(pk=cast.lin.user.pk).update(time_format="24")
    assert "3 Mar 2026, 15:05" in cast.lin.client.get("/jobs/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(target: str) -> None:
    response = Client().post("/preferences/", {"language": "en", "next": target})
    assert response.headers["Location"] == "/"


@pytest.mark.django_db
def test_unknown_languages_are_ignored() -> None:
    assert "zhiyin_language" not in Client().post("/preferences/", {"language": "xx"}).cookies
