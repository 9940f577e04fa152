"""The pages of customers: what they show, to whom, with how many statements; hostile text stays text."""

import datetime
import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cast import Company
from tests.web.typed import typed
from zhiyin.analytics.models import CustomerValue
from zhiyin.customers import actions, queries
from zhiyin.customers.models import Customer, Note, SavedView
from zhiyin.platform.models import Job

Now = datetime.datetime
HOSTILE = "<script>alert(1)</script>\" onload='x'"


@pytest.fixture
def client(cast: Company) -> Client:
    return cast.gao.client


@pytest.fixture
def wang(cast: Company, now: Now) -> Customer:
    with cast.scope():
        return actions.create_customer(actor=cast.lin.actor, name="王小明", code="K-1", city="上海", now=now)


def _page(client: Client, url: str, **more: Any) -> str:
    response = client.get(url, **more)
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_opens(client: Client, cast: Company, wang: Customer, language: str, now: Now) -> None:
    client.cookies["zhiyin_language"] = language
    with cast.scope():
        actions.create_tag(actor=cast.gao.actor, name="VIP", now=now)
        point = actions.add_contact(
            actor=cast.gao.actor, customer_id=wang.pk, kind="phone", value="13800138000", now=now
        )
        note = actions.add_note(actor=cast.gao.actor, customer_id=wang.pk, body="hello", now=now)
    record = f"/customers/{wang.pk}/"
    for url in [
        "/customers/", "/customers/?sort=-value", "/customers/filters/", "/customers/bulk/options/?what=assign",
        "/customers/bulk/options/?what=tag", "/customers/new/", "/customers/tags/", record,
        f"{record}?tab=orders", f"{record}?tab=contacts", f"{record}?tab=notes", f"{record}edit/",
        f"{record}field/city/", f"{record}field/owner_id/", f"{record}timeline/?show=notes", f"{record}tags/",
        f"{record}contacts/{point.pk}/", f"{record}notes/{note.pk}/", "/search/?q=wxm",
    ]:  # fmt: skip
        _page(client, url)


def test_hostile_text_stays_text(client: Client, cast: Company, now: Now) -> None:
    with cast.scope():
        tag = actions.create_tag(actor=cast.gao.actor, name=HOSTILE[:50], now=now)
        customer = actions.create_customer(
            actor=cast.gao.actor,
            name=HOSTILE,
            short_name=HOSTILE,
            code=HOSTILE,
            city=HOSTILE,
            source=HOSTILE,
            now=now,
        )
        actions.set_tags(actor=cast.gao.actor, customer_id=customer.pk, tag_ids=[tag.pk], now=now)
        actions.add_note(actor=cast.gao.actor, customer_id=customer.pk, body=HOSTILE, now=now)
        actions.save_view(actor=cast.gao.actor, page="customers", name=HOSTILE, query="q=x", now=now)
    columns = "&".join(f"columns={name}" for name in ("code", "tags", "city", "source", "group"))
    for url in [
        f"/customers/?{columns}", f"/customers/?source={HOSTILE}&q={HOSTILE}", f"/customers/{customer.pk}/",
        f"/customers/{customer.pk}/?tab=notes", "/search/?q=alert", f"/customers/{customer.pk}/edit/",
    ]:  # fmt: skip
        html = _page(client, url)
        assert "alert(1)" in html or "source=" in url
        assert "<script>alert" not in html
        assert '" onload' not in html


def test_the_list_takes_as_many_statements_for_one_row_as_for_many(
    client: Client, cast: Company, now: Now
) -> None:
    counts = []
    for number in (1, 60):
        with cast.scope():
            for _ in range(number):
                actions.create_customer(actor=cast.gao.actor, name="王", now=now)
        client.get("/customers/?columns=tags&columns=owner")
        with CaptureQueriesContext(connection) as seen:
            html = _page(client, "/customers/?columns=tags&columns=owner")
        counts.append(len([query for query in seen if "SAVEPOINT" not in query["sql"]]))
    assert 'rel="next"' in html
    # the count of what one page holds needs no statement of its own
    assert counts[1] - counts[0] <= 2
    assert counts[1] <= 15, counts


def test_pages_lead_on_and_back(client: Client, cast: Company, now: Now) -> None:
    with cast.scope():
        for number in range(120):
            actions.create_customer(actor=cast.gao.actor, name=f"n{number:03}", now=now)
    url, seen = "/customers/", []
    while url:
        html = _page(client, url)
        seen += re.findall(r'aria-label="(n\d+)"', html)
        following = re.search(r'rel="next" href="([^"]+)"', html)
        url = f"/customers/{following[1].replace('&amp;', '&')}" if following else ""
    assert seen == [f"n{number:03}" for number in range(120)]
    previous = re.search(r'rel="prev" href="([^"]+)"', html)
    assert previous
    html = _page(client, f"/customers/{previous[1].replace('&amp;', '&')}")
    assert re.findall(r'aria-label="(n\d+)"', html) == seen[50:100]


def test_htmx_gets_the_rows_only(client: Client, wang: Customer) -> None:
    html = _page(client, "/customers/?q=wxm", headers={"HX-Request": "true"})
    assert "王小明" in html
    assert "<html" not in html


@pytest.mark.parametrize(
    "url", ["/customers/?status=x", "/customers/?sort=x", "/customers/?after=x", "/customers/?owner=x"]
)
def test_an_address_that_means_nothing_is_refused(client: Client, url: str) -> None:
    assert client.get(url).status_code == 400


def test_chips_take_their_filter_away(client: Client, cast: Company, wang: Customer) -> None:
    html = _page(client, f"/customers/?status=potential&status=loyal&owner={cast.lin.member.pk}&value_min=5")
    chips = re.findall(r'<span class="chip">(.*?)</span>', html)
    assert len(chips) == 4
    assert any("林岚" in chip for chip in chips)
    assert f'href="?status=loyal&amp;owner={cast.lin.member.pk}&amp;value_min=5"' in html


def test_a_new_customer_with_phone(client: Client, cast: Company) -> None:
    values = {"name": "李雷", "kind": "person", "status": "potential", "phone": "12", "email": "a@b.cn"}
    refused = client.post("/customers/new/", values)
    assert refused.status_code == 422
    with cast.scope():
        assert not Customer.objects.exists()
    made = client.post("/customers/new/", {**values, "phone": "138 0013 8000"})
    assert made.status_code == 302
    with cast.scope():
        customer = Customer.objects.get()
        assert {point.value_key for point in queries.contact_points(cast.gao.actor, customer.pk)} == {
            "+8613800138000", "a@b.cn",
        }  # fmt: skip


def test_inline_edit_and_the_second_editor(client: Client, cast: Company, wang: Customer) -> None:
    url = f"/customers/{wang.pk}/field/city/"
    saved = client.post(url, {"city": "杭州", "version": "1"}, headers={"HX-Request": "true"})
    assert (saved.status_code, saved.headers["HX-Refresh"]) == (204, "true")
    late = client.post(url, {"city": "北京", "version": "1"}, headers={"HX-Request": "true"})
    assert late.status_code == 422
    with cast.scope():
        assert Customer.objects.get().city == "杭州"
    assert client.get(f"/customers/{wang.pk}/field/version/").status_code == 404


def test_editing_keeps_an_owner_beyond_reach(cast: Company, wang: Customer, now: Now) -> None:
    with cast.scope():
        actions.update_customer(
            actor=cast.gao.actor, customer_id=wang.pk, changes={"unit_id": cast.wu.member.unit_id}, now=now
        )
    values = {"name": "王大明", "kind": "person", "code": "K-1", "status": "potential",
              "owner_id": str(cast.lin.member.pk), "city": "上海"}  # fmt: skip
    assert cast.lin.client.post(f"/customers/{wang.pk}/edit/", values).status_code == 302
    with cast.scope():
        customer = Customer.objects.get()
        assert (customer.name, customer.owner_id) == ("王大明", cast.lin.member.pk)
        assert customer.unit_id == cast.wu.member.unit_id


def test_two_who_edit_at_once_meet_field_by_field(cast: Company, wang: Customer) -> None:
    url = f"/customers/{wang.pk}/edit/"
    mine, theirs = (typed(person.client.get(url)) for person in (cast.lin, cast.gao))
    assert cast.gao.client.post(url, theirs | {"city": "杭州", "short_name": "小王"}).status_code == 302
    assert cast.lin.client.post(url, mine | {"source": "展会"}).status_code == 302
    with cast.scope():
        customer = Customer.objects.get()
        assert (customer.city, customer.short_name, customer.source) == ("杭州", "小王", "展会")
    late = cast.lin.client.post(url, mine | {"city": "北京", "country": "中国"})
    assert late.status_code == 422
    again = typed(late)
    assert "杭州" in late.content.decode()
    assert (again["city"], again["initial-city"], again["short_name"]) == ("北京", "杭州", "小王")
    with cast.scope():
        assert Customer.objects.get().country == ""
    assert cast.lin.client.post(url, again).status_code == 302
    with cast.scope():
        customer = Customer.objects.get()
        assert (customer.city, customer.country, customer.short_name) == ("北京", "中国", "小王")


def test_bulk_changes_those_ticked_or_all_that_match(client: Client, cast: Company, now: Now) -> None:
    with cast.scope():
        made = [
            actions.create_customer(actor=cast.gao.actor, name=name, now=now)
            for name in ("王一", "王二", "李三")
        ]
        tag = actions.create_tag(actor=cast.gao.actor, name="VIP", now=now)
    ticked = {"action": "tag", "tag": str(tag.pk), "ids": [str(made[2].pk)], "query": ""}
    assert client.post("/customers/bulk/", ticked).status_code == 302
    matching = {"action": "assign", "owner": str(cast.lin.member.pk), "all": "1", "query": "q=王"}
    assert client.post("/customers/bulk/", matching).status_code == 302
    with cast.scope():
        assert set(queries.tags_of(each.pk for each in made)) == {made[2].pk}
        assert set(Customer.objects.filter(owner=cast.lin.member).values_list("name", flat=True)) == {
            "王一", "王二",
        }  # fmt: skip
    assert client.post("/customers/bulk/", {"action": "tag", "tag": str(tag.pk)}).status_code == 400
    assert client.post("/customers/bulk/", {"action": "erase", "all": "1"}).status_code == 400


def test_an_export_is_a_job(client: Client, cast: Company, wang: Customer) -> None:
    answer = client.post(
        "/customers/bulk/", {"action": "export", "all": "1", "style": "csv", "query": "q=wxm"}
    )
    assert answer.status_code == 302
    with cast.scope():
        job = Job.objects.get()
        assert job.arguments["selection"] == {"ids": [], "where": {"q": "wxm"}}


def test_views_are_saved_with_filter_and_columns(client: Client, cast: Company) -> None:
    client.post("/customers/columns/", {"columns": ["city", "nonsense"]})
    client.post("/customers/views/", {"name": "上海", "query": "status=loyal&after=zzz", "shared": "on"})
    with cast.scope():
        view = SavedView.objects.get()
        assert (view.query, view.columns, view.member_id) == ("status=loyal", ["city"], None)
    html = _page(client, f"/customers/?status=loyal&view={view.pk}&columns=city")
    assert 'aria-current="page">上海' in html
    assert client.post(f"/customers/views/{view.pk}/delete/").status_code == 302


def test_a_record_shows_value_with_its_interval(
    client: Client, cast: Company, wang: Customer, now: Now
) -> None:
    with cast.scope():
        CustomerValue.objects.create(
            customer_id=wang.pk, orders=3, first_at=now, last_at=now, spend=10, margin=1, frequency=0,
            recency=0, age=1, mean_spend=1, recency_score=1, frequency_score=1, monetary_score=1, group="new",
            analysis_id=uuid.uuid4(), value=1234.5, value_low=1000, value_high=1500, alive=0.81,
        )  # fmt: skip
    html = _page(client, f"/customers/{wang.pk}/")
    assert "¥1,234.50" in html
    assert "¥1,000.00 – ¥1,500.00" in html
    assert "81%" in html
    seen_by_an_agent = cast.an.client.get(f"/customers/{wang.pk}/")
    assert seen_by_an_agent.status_code == 404


def test_notes_are_written_on_the_page(cast: Company, wang: Customer) -> None:
    client = cast.lin.client
    base = f"/customers/{wang.pk}/notes/"
    assert client.post(base, {"body": "周二\n回电"}).status_code == 302
    with cast.scope():
        note = Note.objects.get()
    assert "周二<br>回电" in _page(client, f"/customers/{wang.pk}/?tab=notes")
    client.post(f"{base}{note.pk}/pin/", {"pinned": "1"})
    client.post(f"{base}{note.pk}/", {"body": "周三"})
    with cast.scope():
        note.refresh_from_db()
    assert (note.body, note.pinned) == ("周三", True)
    assert client.post(f"{base}{note.pk}/remove/").status_code == 302
    with cast.scope():
        assert not Note.objects.exists()


def test_an_empty_list_says_how_to_begin(client: Client) -> None:
    assert "/customers/new/" in _page(client, "/customers/")
    assert "filter-x" in _page(client, "/customers/?q=zzz")
