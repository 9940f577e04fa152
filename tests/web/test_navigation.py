"""Only what exists and what the person may do is offered."""

import pytest
from django.urls import NoReverseMatch, reverse

from tests.cast import Company
from zhiyin.platform.actors import Actor
from zhiyin.platform.keys import uuid7
from zhiyin.web import navigation
from zhiyin.web.navigation import CREATE, DATA, WORK, Item, links


def test_without_permission_or_address_there_is_no_link() -> None:
    items = [
        Item("Home", "web:home", "home"),
        Item("Secret", "jobs:list", "lock", "audit.view"),
        Item("Later", "no:such", "x"),
    ]
    nobody = Actor(tenant_id=uuid7(), member_id=uuid7(), name="n")
    assert [link.label for link in links(items, nobody)] == ["Home"]
    assert [link.label for link in links(items, Actor.system(uuid7()))] == ["Home", "Secret"]


def test_the_page_shown_is_marked_and_the_first_page_only_as_itself() -> None:
    marked = [link.url for link in links([*WORK, *DATA], Actor.system(uuid7()), "/jobs/") if link.current]
    assert marked == ["/jobs/"]


@pytest.mark.parametrize("item", [*WORK, *DATA, *CREATE], ids=lambda item: item.url_name)
def test_each_destination_exists(item: navigation.Item) -> None:
    try:
        reverse(item.url_name)
    except NoReverseMatch:
        pytest.fail(f"{item.url_name} leads nowhere: no link is shown for it")


@pytest.mark.parametrize("permission", ["accounts.manage", "settings.manage", "audit.view"])
def test_settings_are_offered_to_whoever_may_open_one_of_their_pages(permission: str) -> None:
    person = Actor(tenant_id=uuid7(), member_id=uuid7(), name="n", permissions=frozenset({permission}))
    assert "/settings/" in [link.url for link in links(DATA, person)]
    nobody = Actor(tenant_id=uuid7(), member_id=uuid7(), name="n", permissions=frozenset({"customers.view"}))
    assert "/settings/" not in [link.url for link in links(DATA, nobody)]


@pytest.mark.django_db
def test_an_auditor_finds_the_log_through_the_navigation(cast: Company) -> None:
    with cast.scope():
        cast.roles["analyst"].permissions = ["audit.view"]
        cast.roles["analyst"].save()
    client = cast.xu.client
    assert 'href="/settings/"' in client.get("/").content.decode()
    assert client.get("/settings/", follow=True).redirect_chain == [("/settings/audit/", 302)]
    client.post("/settings/audit/check/")
    page = client.get("/settings/audit/").content.decode()
    assert "job-" in page


@pytest.mark.django_db
def test_the_first_page_is_shown_to_everybody_signed_in(cast: Company) -> None:
    for person in cast.people.values():
        assert person.client.get("/").status_code == 200
