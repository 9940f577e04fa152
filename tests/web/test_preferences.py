"""Language and theme: kept by the browser, and with the person who is signed in."""

import pytest
from django.test import Client

from tests.cast import Company
from zhiyin.accounts.models import User
from zhiyin.platform.models import AuditEntry


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
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(target: str) -> None:
    response = Client().post("/preferences/", {"language": "en", "next": target})
    assert response.headers["Location"] == "/"


@pytest.mark.django_db
def test_unknown_languages_are_ignored() -> None:
    assert "zhiyin_language" not in Client().post("/preferences/", {"language": "xx"}).cookies
