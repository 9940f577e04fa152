"""Side by side, done, led on, and taken back: as people and programs do it."""

import datetime
import uuid

import pytest
from django.urls import reverse

from tests.cast import Company
from zhiyin.customers import actions, queries
from zhiyin.customers.models import Customer, Merge

Now = datetime.datetime


@pytest.fixture
def files(cast: Company, now: Now) -> list[Customer]:
    with cast.scope():
        lin = cast.lin.actor
        made = [
            actions.create_customer(actor=lin, name=name, code=code, city=city, now=now)
            for name, code, city in [("王小明", "K1", "上海"), ("王晓明", "K2", "北京"), ("小明", "K3", "")]
        ]
        actions.add_note(actor=lin, customer_id=made[1].pk, body="记", now=now)
    return made


def _ids(files: list[Customer]) -> list[str]:
    return [str(each.pk) for each in files]


def test_ticked_customers_come_side_by_side(cast: Company, files: list[Customer]) -> None:
    chosen = cast.lin.client.post(reverse("customers:merge"), {"ids": _ids(files)})
    assert chosen.status_code == 302
    page = cast.lin.client.get(chosen["Location"])
    text = page.content.decode()
    assert all(each.name in text for each in files)
    assert f'name="field_city" value="{files[0].pk}"' in text
    with cast.scope():
        assert Merge.objects.count() == 0


def test_the_page_merges_and_undoes(cast: Company, files: list[Customer]) -> None:
    sent = {
        "ids": _ids(files),
        "survivor": str(files[0].pk),
        "rule": "survivor",
        "field_city": str(files[1].pk),
    }
    done = cast.lin.client.post(reverse("customers:merge"), sent)
    assert done["Location"] == reverse("customers:record", args=[files[0].pk])
    with cast.scope():
        merge = Merge.objects.get()
        assert Customer.objects.get().city == "北京"
    page = cast.lin.client.get(reverse("customers:merged", args=[merge.pk]))
    assert "王晓明" in page.content.decode()
    assert "王晓明" in cast.lin.client.get(reverse("customers:merges")).content.decode()
    cast.lin.client.post(reverse("customers:undo_merge", args=[merge.pk]))
    with cast.scope():
        assert {each.city for each in Customer.objects.all()} == {"上海", "北京", ""}


def test_old_addresses_and_codes_lead_on(cast: Company, files: list[Customer], now: Now) -> None:
    with cast.scope():
        actions.merge_customers(
            actor=cast.lin.actor, survivor_id=files[0].pk, customer_ids=[files[1].pk], now=now
        )
        found = queries.customer_by_code(cast.lin.actor, "k2")
        assert found is not None
        assert found.pk == files[0].pk
        assert queries.customer_by_code(cast.wu.actor, "k2") is None
    old = reverse("customers:record", args=[files[1].pk])
    answer = cast.lin.client.get(old)
    assert (answer.status_code, answer["Location"]) == (302, reverse("customers:record", args=[files[0].pk]))
    assert cast.wu.client.get(old).status_code == 404
    answer = cast.lin.client.get(f"/api/v1/customers/{files[1].pk}/")
    assert (answer.status_code, answer["Location"]) == (301, f"/api/v1/customers/{files[0].pk}/")
    assert cast.wu.client.get(f"/api/v1/customers/{files[1].pk}/").status_code == 404
    assert cast.lin.client.get(f"/api/v1/customers/{uuid.uuid4()}/").status_code == 404


def test_programs_preview_merge_and_undo(cast: Company, files: list[Customer]) -> None:
    def send(path: str, data: dict[str, object]) -> dict[str, object]:
        answer = cast.lin.client.post(f"/api/v1/{path}", data, content_type="application/json")
        assert answer.status_code == 200, answer.content
        found: dict[str, object] = answer.json()
        return found

    body: dict[str, object] = {
        "survivor_id": str(files[0].pk),
        "customer_ids": _ids(files[1:]),
        "rule": "newest",
    }
    seen = send("customers/merge/preview/", body)
    assert seen["parts"]["notes"]["moved"] == 1  # type: ignore[index]
    done = send("customers/merge/", body)
    assert done["changed"] == seen["changed"]
    undo = f"merges/{done['id']}/undo/"
    preview = cast.lin.client.get(f"/api/v1/{undo}").json()
    assert preview["parts"]["notes"]["moved"] == 1
    send(undo, {})
    assert cast.lin.client.get("/api/v1/merges/").json()["items"][0]["undone_at"]
    assert cast.lin.client.post(f"/api/v1/{undo}").status_code == 409


def test_a_newer_merge_is_told_on_the_page(cast: Company, files: list[Customer], now: Now) -> None:
    with cast.scope():
        lin = cast.lin.actor
        old = actions.merge_customers(actor=lin, survivor_id=files[1].pk, customer_ids=[files[2].pk], now=now)
        actions.merge_customers(actor=lin, survivor_id=files[0].pk, customer_ids=[files[1].pk], now=now)
    address = reverse("customers:merged", args=[old.merge.pk])
    text = cast.lin.client.get(address, HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert reverse("customers:undo_merge", args=[old.merge.pk]) not in text
