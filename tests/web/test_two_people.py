"""Two people who look at one thing and then both change it: the second is told, and nothing is lost unseen."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import Company
from tests.web.typed import typed
from zhiyin.analytics.models import InsightSettings
from zhiyin.customers import actions, queries
from zhiyin.customers.models import ContactPoint, Customer, Note, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def wang(cast: Company) -> Customer:
    with cast.scope():
        return actions.create_customer(actor=cast.lin.actor, name="王小明", now=timezone.now())


@pytest.fixture
def phone(cast: Company, wang: Customer) -> ContactPoint:
    with cast.scope():
        return actions.add_contact(
            actor=cast.lin.actor, customer_id=wang.pk, kind="phone", value="13800000001", now=timezone.now()
        )


@pytest.fixture
def vip(cast: Company) -> Tag:
    with cast.scope():
        return actions.create_tag(actor=cast.lin.actor, name="VIP", now=timezone.now())


def _hidden(page: Any, name: str = "version") -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]*)"', page.content.decode())


def _told(client: Client, page: str, address: str, data: dict[str, Any]) -> str:
    """What the page says to which a refused post leads back."""
    refused = client.post(address, data, headers={"Referer": f"http://testserver{page}"})
    assert (refused.status_code, refused.headers["Location"]) == (302, f"http://testserver{page}")
    return client.get(page).content.decode()


def test_a_number_that_both_correct(cast: Company, wang: Customer, phone: ContactPoint) -> None:
    url = f"/customers/{wang.pk}/contacts/{phone.pk}/"
    mine, theirs = (typed(person.client.get(url)) for person in (cast.lin, cast.ma))
    assert cast.ma.client.post(url, theirs | {"value": "13800000002"}).status_code == 302
    assert cast.lin.client.post(url, mine | {"label": "home"}).status_code == 302
    with cast.scope():
        met = ContactPoint.objects.get()
        assert (met.value, met.label) == ("13800000002", "home")
    late = cast.lin.client.post(url, mine | {"value": "13800000003", "label": "home"})
    assert late.status_code == 422
    assert "13800000002" in late.content.decode()
    with cast.scope():
        assert ContactPoint.objects.get().value == "13800000002"
    assert cast.lin.client.post(url, typed(late)).status_code == 302
    with cast.scope():
        assert ContactPoint.objects.get().value == "13800000003"


def test_another_number_made_the_first_one_stays_it(
    cast: Company, wang: Customer, phone: ContactPoint
) -> None:
    url = f"/customers/{wang.pk}/contacts/{phone.pk}/"
    mine = typed(cast.lin.client.get(url))
    with cast.scope():
        actions.add_contact(
            actor=cast.ma.actor, customer_id=wang.pk, kind="phone", value="13900000000", is_primary=True,
            now=timezone.now(),
        )  # fmt: skip
    assert cast.lin.client.post(url, mine | {"label": "home"}).status_code == 302
    with cast.scope():
        assert ContactPoint.objects.get(is_primary=True).value == "13900000000"


def test_a_number_corrected_is_not_removed_unseen(cast: Company, wang: Customer, phone: ContactPoint) -> None:
    page = f"/customers/{wang.pk}/?tab=contacts"
    [version] = _hidden(cast.lin.client.get(page))
    with cast.scope():
        actions.change_contact(
            actor=cast.ma.actor, customer_id=wang.pk, contact_id=phone.pk, value="13800000002",
            now=timezone.now(),
        )  # fmt: skip
    remove = f"/customers/{wang.pk}/contacts/{phone.pk}/remove/"
    assert "“13800000002”" in _told(cast.lin.client, page, remove, {"version": version})
    with cast.scope():
        assert ContactPoint.objects.exists()
    [version] = _hidden(cast.lin.client.get(page))
    assert cast.lin.client.post(remove, {"version": version}).status_code == 302
    with cast.scope():
        assert not ContactPoint.objects.exists()


@pytest.mark.parametrize(("what", "data"), [("", {"name": "Gold", "colour": "red"}), ("delete/", {})])
def test_a_tag_renamed_meanwhile(cast: Company, vip: Tag, what: str, data: dict[str, str]) -> None:
    version = _hidden(cast.lin.client.get("/customers/tags/"))[0]
    theirs = {"name": "Dealer", "colour": "blue", "version": version}
    assert cast.chen.client.post(f"/customers/tags/{vip.pk}/", theirs).status_code == 302
    address = f"/customers/tags/{vip.pk}/{what}"
    told = _told(cast.lin.client, "/customers/tags/", address, data | {"version": version})
    assert "“Dealer”" in told
    with cast.scope():
        assert Tag.objects.get().name == "Dealer"
    assert cast.lin.client.post(address, data | {"version": _hidden_in(told)}).status_code == 302
    with cast.scope():
        assert [tag.name for tag in Tag.objects.all()] == ([] if what else ["Gold"])


def _hidden_in(text: str) -> str:
    return re.findall(r'name="version" value="([^"]*)"', text)[0]


def test_tags_of_one_customer_add_up(cast: Company, wang: Customer, vip: Tag) -> None:
    url = f"/customers/{wang.pk}/tags/"
    with cast.scope():
        now = timezone.now()
        old, other = (actions.create_tag(actor=cast.lin.actor, name=each, now=now) for each in ("old", "new"))
        actions.set_tags(actor=cast.lin.actor, customer_id=wang.pk, tag_ids=[old.pk], now=now)
    mine = {"seen": _hidden(cast.lin.client.get(url), "seen")}
    theirs = {"seen": _hidden(cast.ma.client.get(url), "seen")}
    assert mine == theirs == {"seen": [str(old.pk)]}
    assert cast.ma.client.post(url, theirs | {"tags": [str(vip.pk)]}).status_code == 302
    assert cast.lin.client.post(url, mine | {"tags": [str(old.pk), str(other.pk)]}).status_code == 302
    with cast.scope():
        names = {row["name"] for row in queries.tags_of([wang.pk])[wang.pk]}
    assert names == {"VIP", "new"}


def test_a_note_open_in_two_tabs(cast: Company, wang: Customer) -> None:
    with cast.scope():
        note = actions.add_note(
            actor=cast.lin.actor, customer_id=wang.pk, body="calls\nin May", now=timezone.now()
        )
    url, page = f"/customers/{wang.pk}/notes/{note.pk}/", f"/customers/{wang.pk}/?tab=notes"
    [version] = _hidden(cast.lin.client.get(page))
    shown = typed(cast.lin.client.get(url))
    assert cast.lin.client.post(url, shown | {"body": "calls in June"}).status_code == 302
    late = cast.lin.client.post(url, shown | {"body": "calls in July"})
    assert late.status_code == 422
    assert "calls in June" in late.content.decode()
    told = _told(cast.lin.client, page, f"{url}remove/", {"version": version})
    assert "“calls in June”" in told
    with cast.scope():
        assert Note.objects.get().body == "calls in June"
    assert cast.lin.client.post(url, typed(late)).status_code == 302
    with cast.scope():
        assert Note.objects.get().body == "calls in July"


def test_ends_of_lines_as_browsers_send_them_are_no_change_by_somebody(cast: Company, wang: Customer) -> None:
    with cast.scope():
        note = actions.add_note(
            actor=cast.lin.actor, customer_id=wang.pk, body="calls\nin May", now=timezone.now()
        )
    url = f"/customers/{wang.pk}/notes/{note.pk}/"
    shown = typed(cast.lin.client.get(url))
    sent = {name: value.replace("\n", "\r\n") for name, value in shown.items()}
    assert cast.lin.client.post(url, sent | {"body": "calls\r\nin June"}).status_code == 302
    with cast.scope():
        assert Note.objects.get().body == "calls\nin June"
    # nothing typed: what was written meanwhile stays
    assert cast.lin.client.post(url, sent).status_code == 302
    with cast.scope():
        assert Note.objects.get().body == "calls\nin June"


def test_settings_of_the_analysis_meet_field_by_field(cast: Company) -> None:
    url = "/insight/settings/"
    mine, theirs = (typed(person.client.get(url)) for person in (cast.xu, cast.gao))
    theirs |= {"horizon_months": "24", "recency": "30 90 180 365"}
    assert cast.gao.client.post(url, theirs).status_code == 302
    assert cast.xu.client.post(url, mine | {"margin_rate": "35"}).status_code == 302
    with cast.scope():
        kept = InsightSettings.objects.get()
        assert (kept.horizon_months, f"{kept.margin_rate:f}") == (24, "0.3500")
        assert kept.scores == {"recency": [30, 90, 180, 365]}
    late = cast.xu.client.post(url, mine | {"horizon_months": "36", "recency": "1 2 3 4"})
    assert late.status_code == 422
    assert set(late.context["form"].errors) == {"horizon_months", "recency"}
    with cast.scope():
        assert InsightSettings.objects.get().horizon_months == 24
    assert cast.xu.client.post(url, typed(late)).status_code == 302
    with cast.scope():
        kept = InsightSettings.objects.get()
    assert (kept.horizon_months, kept.scores) == (36, {"recency": [1, 2, 3, 4]})
