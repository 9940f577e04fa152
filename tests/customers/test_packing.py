"""The copy of everything about one person: complete, readable in both languages, nobody else's, and not for ever."""

import datetime
import io
import json
import uuid
import zipfile
from dataclasses import replace

import pytest

from tests.cast import Company
from zhiyin.activities.actions import add_follow_up, create_task
from zhiyin.commerce.models import Order
from zhiyin.customers import actions
from zhiyin.customers.actions import RequestRules
from zhiyin.customers.models import Customer, SubjectRequest
from zhiyin.platform import files, jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry, StoredFile
from zhiyin.platform.portability import areas

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


@pytest.fixture
def key(cast: Company, now: Now) -> uuid.UUID:
    """A person with something of hers in every place that the test can fill, and a neighbour."""
    lin = cast.lin.actor
    with cast.scope():
        made = actions.create_customer(
            actor=lin, name="金丝雀甲", code="CANARY-1", city="canary-city", now=now
        )
        key = made.pk
        actions.add_contact(actor=lin, customer_id=key, kind="phone", value="13912340001", now=now)
        actions.add_note(actor=lin, customer_id=key, body="canary-note <b>", now=now)
        add_follow_up(actor=lin, customer_id=key, kind="call", body="canary-follow-up", outcome="", now=now)
        create_task(actor=lin, title="canary-task", customer_id=key, now=now)
        actions.add_document(
            actor=lin,
            customer_id=key,
            title="canary-document",
            stream=io.BytesIO(b"canary-file-content"),
            name="offer.txt",
            now=now,
        )
        Order.objects.create(number="canary-order", customer_id=key, ordered_at=now, currency="CNY", total=12)
        other = actions.create_customer(actor=lin, name="邻居乙", code="OTHER-1", now=now)
        actions.add_note(actor=lin, customer_id=other.pk, body="neighbour-note", now=now)
    return key


def _ask(cast: Company, key: uuid.UUID, now: Now) -> SubjectRequest:
    return actions.receive_subject_request(
        actor=cast.ma.actor, customer_id=key, rules=RequestRules("access", note="canary-request"), now=now
    )


def _packed(cast: Company, actor: Actor, request: SubjectRequest, now: Now) -> zipfile.ZipFile:
    actions.write_subject_package(actor=actor, request_id=request.pk, now=now)
    stored = actions.open_subject_package(actor=actor, request_id=request.pk, now=now)
    return zipfile.ZipFile(io.BytesIO(files.open_stored(stored).read()))


def test_it_has_everything_of_hers_in_both_languages_and_nothing_of_others(
    cast: Company, key: uuid.UUID, now: Now
) -> None:
    with cast.scope():
        archive = _packed(cast, cast.gao.actor, _ask(cast, key, now), now)
    names = archive.namelist()
    assert {"zh-hans.html", "en.html"} <= set(names)
    assert {f"data/{each.code}.json" for each in areas()} <= set(names)
    told = ("金丝雀甲", "CANARY-1", "139 1234 0001", "canary-note", "canary-follow-up", "canary-task")
    told += ("canary-document", "canary-order", "canary-request")
    english, chinese = archive.read("en.html").decode(), archive.read("zh-hans.html").decode()
    data = "".join(archive.read(name).decode() for name in names if name.startswith("data/"))
    phone = json.loads(archive.read("data/contacts.json"))[0]["value"]
    for text in told:
        shown = phone if text == "139 1234 0001" else text
        assert shown in english, text
        assert shown in chinese, text
        assert shown in data, text
    assert "canary-note &lt;b&gt;" in english
    assert ("Contact points" in english, "联系方式" in chinese) == (True, True)
    [content] = [archive.read(name) for name in names if name.startswith("files/")]
    assert content == b"canary-file-content"
    assert "邻居" not in chinese + english + data
    assert "neighbour-note" not in chinese + english + data


def test_files_merged_into_hers_are_packed_with_it(cast: Company, key: uuid.UUID, now: Now) -> None:
    with cast.scope():
        twin = actions.create_customer(actor=cast.gao.actor, name="金丝雀甲", code="CANARY-2", now=now)
        actions.add_note(actor=cast.gao.actor, customer_id=twin.pk, body="canary-twin-note", now=now)
        actions.merge_customers(actor=cast.gao.actor, survivor_id=key, customer_ids=[twin.pk], now=now)
        archive = _packed(cast, cast.gao.actor, _ask(cast, key, now), now)
    page = archive.read("en.html").decode()
    assert "CANARY-2" in page
    assert "canary-twin-note" in page


def test_what_a_role_does_not_see_is_left_out_and_told(cast: Company, key: uuid.UUID, now: Now) -> None:
    with cast.scope():
        request = _ask(cast, key, now)
        gao = cast.gao.actor
        less = gao.permissions - {"orders.view", "customers.sensitive"}
        narrow = replace(gao, permissions=less, fields={"city": "hidden", "phone": "masked"})
        packed = actions.write_subject_package(actor=narrow, request_id=request.pk, now=now)
        stored = actions.open_subject_package(actor=narrow, request_id=request.pk, now=now)
        archive = zipfile.ZipFile(io.BytesIO(files.open_stored(stored).read()))
    page = archive.read("zh-hans.html").decode()
    assert ("canary-city" in page, "12340001" in page, "canary-order" in page) == (False, False, False)
    assert "data/orders.json" not in archive.namelist()
    assert len(packed.withheld) >= 4


def test_it_is_made_by_a_job_taken_by_who_may_and_gone_after_days(
    cast: Company, key: uuid.UUID, now: Now
) -> None:
    with cast.scope():
        request = _ask(cast, key, now)
        with pytest.raises(PermissionDenied):
            actions.pack_subject_request(actor=cast.lin.actor, request_id=request.pk, now=now)
        job = actions.pack_subject_request(actor=cast.ma.actor, request_id=request.pk, now=now)
    done = jobs.run_now(job)
    assert done.state == "succeeded", done.error
    with cast.scope():
        first = actions.open_subject_package(actor=cast.ma.actor, request_id=request.pk, now=now)
        taken = AuditEntry.objects.filter(action="customers.subject_request_package_read", subject_id=key)
        assert taken.count() == 1
        for person in (cast.lin, cast.an):
            with pytest.raises(PermissionDenied):
                actions.open_subject_package(actor=person.actor, request_id=request.pk, now=now)
        actions.write_subject_package(actor=cast.gao.actor, request_id=request.pk, now=now)
        assert not StoredFile.objects.filter(pk=first.pk).exists()
        with pytest.raises(NotFound):
            actions.open_subject_package(actor=cast.ma.actor, request_id=request.pk, now=now + 8 * DAY)
        assert actions.purge_packages(ended_before=now + 6 * DAY) == 0
        assert actions.purge_packages(ended_before=now + 8 * DAY) == 1
        assert not StoredFile.objects.filter(content_type="application/zip").exists()


def test_only_an_open_request_for_one_gets_a_copy(cast: Company, key: uuid.UUID, now: Now) -> None:
    with cast.scope():
        other = actions.receive_subject_request(
            actor=cast.ma.actor, customer_id=key, rules=RequestRules("erasure"), now=now
        )
        with pytest.raises(Conflict):
            actions.pack_subject_request(actor=cast.ma.actor, request_id=other.pk, now=now)


def test_who_is_purged_takes_the_copy_along(cast: Company, key: uuid.UUID, now: Now) -> None:
    with cast.scope():
        request = _ask(cast, key, now)
        actions.write_subject_package(actor=cast.gao.actor, request_id=request.pk, now=now)
        actions.delete_customer(actor=cast.gao.actor, customer_id=key, now=now)
        actions.purge_customers(actor=cast.gao.actor, customer_ids=[key], now=now)
        assert not StoredFile.objects.filter(content_type="application/zip").exists()
        assert not Customer.objects.filter(pk=key).exists()
