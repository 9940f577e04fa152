"""What only pages could do once: export with its file, saved views, and changes that ask for the version read."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import Company, Person
from zhiyin.analytics.models import InsightSettings
from zhiyin.customers import actions
from zhiyin.customers.models import ContactPoint, Note, Tag
from zhiyin.platform import jobs
from zhiyin.platform.jobs import Job

pytestmark = pytest.mark.django_db


def _ask(who: Person, method: str, path: str, body: Any = None) -> Any:
    send = getattr(who.client, method)
    return send(f"/api/v1{path}", body, content_type="application/json") if body else send(f"/api/v1{path}")


@pytest.fixture
def wang(cast: Company) -> str:
    """The address of a customer of 林岚's."""
    with cast.scope():
        made = actions.create_customer(
            actor=cast.lin.actor, name="王小明", code="K-1", city="上海", now=timezone.now()
        )
        actions.create_customer(actor=cast.gao.actor, name="李四", city="北京", now=timezone.now())
    return f"/customers/{made.pk}"


def test_an_export_is_a_job_whose_file_its_owner_gets(cast: Company, wang: str) -> None:
    started = _ask(cast.gao, "post", "/customers/export/?q=王", {"everything": True, "style": "csv"})
    assert started.status_code == 202
    address = f"/jobs/{started.json()['id']}/file/"
    assert _ask(cast.gao, "get", address).status_code == 404
    with cast.scope():
        jobs.run_now(Job.objects.get())
    file = _ask(cast.gao, "get", address)
    text = b"".join(file.streaming_content).decode("utf-8-sig")
    assert file.status_code == 200
    assert "王小明" in text
    assert "李四" not in text
    assert _ask(cast.ma, "get", address).status_code == 404
    assert _ask(cast.gao, "post", "/customers/export/", {"style": "csv"}).status_code == 400


@pytest.mark.parametrize("what", ["export", "bulk"])
def test_a_filter_that_is_not_known_does_not_choose_all(cast: Company, wang: str, what: str) -> None:
    body = {"everything": True} | ({"owner": str(cast.lin.member.pk)} if what == "bulk" else {})
    answer = _ask(cast.gao, "post", f"/customers/{what}/?town=北京", body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "town")
    with cast.scope():
        assert not Job.objects.exists()


def test_views_kept_by_a_program_are_those_of_the_page(cast: Company, wang: str) -> None:
    view = {"page": "customers", "name": "Shanghai", "query": "city=上海", "columns": ["city"]}
    made = _ask(cast.lin, "post", "/views/", view)
    assert made.status_code == 201
    assert _ask(cast.lin, "get", "/views/?page=customers").json() == [made.json()]
    assert made.json() == view | {"id": made.json()["id"], "shared": False}
    assert "Shanghai" in cast.lin.client.get("/customers/").content.decode()
    assert _ask(cast.gao, "get", "/views/?page=customers").json() == []
    assert _ask(cast.lin, "get", "/views/?page=people").status_code == 422
    assert _ask(cast.lin, "delete", f"/views/{made.json()['id']}/").status_code == 204
    assert _ask(cast.lin, "get", "/views/?page=customers").json() == []


def test_views_of_a_list_that_one_may_not_see(cast: Company) -> None:
    with cast.scope():
        role = cast.chen.member.role
        role.permissions = ["customers.view"]
        role.save()
    assert _ask(cast.chen, "get", "/views/?page=orders").status_code == 403
    assert _ask(cast.chen, "post", "/views/", {"page": "orders", "name": "x"}).status_code == 403


def test_a_note_is_pinned(cast: Company, wang: str) -> None:
    note = _ask(cast.lin, "post", f"{wang}/notes/", {"body": "calls in May"}).json()
    for pinned in (True, True, False):
        answer = _ask(cast.ma, "put", f"{wang}/notes/{note['id']}/pin/", {"pinned": pinned})
        assert (answer.status_code, answer.json()["pinned"]) == (200, pinned)


def _refused(client: Client, method: str, path: str, body: Any, now_is: str) -> None:
    answer = getattr(client, method)(f"/api/v1{path}", body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert now_is in answer.json()["error"]["message"]


def test_an_old_version_of_a_contact_point_is_refused(cast: Company, wang: str) -> None:
    read = _ask(cast.lin, "post", f"{wang}/contacts/", {"kind": "phone", "value": "13800000001"}).json()
    address, version = f"{wang}/contacts/{read['id']}/", read["version"]
    theirs = _ask(cast.ma, "put", address, {"value": "13800000002", "version": version})
    assert theirs.status_code == 200
    _refused(cast.lin.client, "put", address, {"value": "13800000003", "version": version}, "13800000002")
    _refused(cast.lin.client, "delete", f"{address}?version={version}", None, "13800000002")
    again = {"value": "13800000003", "version": theirs.json()["version"]}
    assert _ask(cast.lin, "put", address, again).status_code == 200
    # who names no version takes it as it is
    assert _ask(cast.ma, "put", address, {"value": "13800000004"}).status_code == 200
    with cast.scope():
        assert ContactPoint.objects.get().value == "13800000004"


def test_an_old_version_of_a_tag_is_refused(cast: Company) -> None:
    read = _ask(cast.lin, "post", "/tags/", {"name": "VIP"}).json()
    address, version = f"/tags/{read['id']}/", read["version"]
    theirs = {"name": "Dealer", "colour": "red", "version": version}
    assert _ask(cast.chen, "put", address, theirs).status_code == 200
    _refused(cast.lin.client, "put", address, theirs | {"name": "Gold"}, "Dealer")
    _refused(cast.lin.client, "delete", f"{address}?version={version}", None, "Dealer")
    with cast.scope():
        assert Tag.objects.get().name == "Dealer"
    [now] = _ask(cast.lin, "get", "/tags/").json()
    assert _ask(cast.lin, "delete", f"{address}?version={now['version']}").status_code == 204


def test_an_old_version_of_a_note_is_refused(cast: Company, wang: str) -> None:
    read = _ask(cast.lin, "post", f"{wang}/notes/", {"body": "calls in May"}).json()
    address, version = f"{wang}/notes/{read['id']}/", read["version"]
    assert _ask(cast.lin, "put", address, {"body": "in June", "version": version}).status_code == 200
    _refused(cast.lin.client, "put", address, {"body": "in July", "version": version}, "in June")
    _refused(cast.lin.client, "delete", f"{address}?version={version}", None, "in June")
    with cast.scope():
        assert Note.objects.get().body == "in June"


def test_tags_that_others_put_on_meanwhile_stay(cast: Company, wang: str) -> None:
    old, new, other = (_ask(cast.lin, "post", "/tags/", {"name": name}).json()["id"] for name in "甲乙丙")
    _ask(cast.lin, "put", f"{wang}/tags/", {"tags": [old]})
    assert _ask(cast.ma, "put", f"{wang}/tags/", {"tags": [old, other], "seen": [old]}).status_code == 200
    record = _ask(cast.lin, "put", f"{wang}/tags/", {"tags": [new], "seen": [old]}).json()
    assert {tag["id"] for tag in record["tags"]} == {new, other}


def test_old_settings_of_the_analysis_are_refused(cast: Company) -> None:
    read = _ask(cast.xu, "get", "/insight/settings/").json()
    version = read.pop("version")
    read.pop("updated_at")
    theirs = _ask(cast.gao, "put", "/insight/settings/", read | {"horizon_months": 24, "version": version})
    assert theirs.status_code == 200
    mine = read | {"margin_rate": "0.35", "version": version}
    _refused(cast.xu.client, "put", "/insight/settings/", mine, "horizon_months 24")
    with cast.scope():
        assert f"{InsightSettings.objects.get().margin_rate:f}" == "1.0000"
    assert _ask(cast.xu, "get", "/insight/settings/").json()["version"] == theirs.json()["version"]
    again = mine | {"horizon_months": 24, "version": theirs.json()["version"]}
    assert _ask(cast.xu, "put", "/insight/settings/", again).status_code == 200
