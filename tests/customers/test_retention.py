"""What is kept for how long: what is due, what is cleared and told, and of whom nothing is."""

import datetime
import importlib
import io
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.cast import Company, company
from tests.customers.test_erasure import tables_with
from tests.imports.importing import step, upload
from zhiyin.activities.actions import add_follow_up, create_task, set_task_state
from zhiyin.activities.models import FollowUp
from zhiyin.commerce.actions import NewLine, create_order, create_product
from zhiyin.customers import actions, queries, tasks
from zhiyin.customers.actions import FieldRules, RetentionRules
from zhiyin.customers.filters.tree import read
from zhiyin.customers.models import (
    ContactPoint,
    Customer,
    Document,
    LegalHold,
    Note,
    RetentionRule,
    SensitiveValue,
    StatusChange,
    TimelineEvent,
)
from zhiyin.customers.queries import OnHold
from zhiyin.imports import tasks as import_tasks
from zhiyin.platform import files, jobs
from zhiyin.platform.audit.check import examine
from zhiyin.platform.errors import Conflict, Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry, StoredFile
from zhiyin.platform.tenancy import with_gone

NOW = datetime.datetime(2026, 11, 20, 4, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
LONG_AGO = NOW - 400 * DAY


def field(cast: Company, key: str, section: str = "", type: str = "text") -> str:
    rules = FieldRules(label=key.title(), section=section)
    made = actions.create_field(actor=cast.gao.actor, type=type, rules=rules, key=key, now=LONG_AGO)
    return made.key


@pytest.fixture
def hobby(inside: Company) -> str:
    return field(inside, "hobby", "生活")


@pytest.fixture
def wang(inside: Company, hobby: str) -> Customer:
    return actions.create_customer(
        actor=inside.gao.actor, name="王小明", code="K-1", city="上海", fields={hobby: "钓鱼"}, now=LONG_AGO
    )


def rule(cast: Company, *areas: str, on: bool = True, **rules: Any) -> RetentionRule:
    rules = {"name": "一年", "since": "creation", "days": 365, **rules}
    gao = cast.gao.actor
    made = actions.create_retention_rule(actor=gao, rules=RetentionRules(areas=areas, **rules), now=NOW)
    return actions.switch_retention_rule(actor=gao, rule_id=made.pk, on=True, now=NOW) if on else made


def clear(cast: Company, made: RetentionRule, at: datetime.datetime = NOW) -> tuple[int, int]:
    done = actions.clear_due(actor=cast.gao.actor, rule_id=made.pk, now=at)
    return done.customers, done.values


def test_a_field_is_cleared_and_the_trail_tells_no_value(inside: Company, wang: Customer) -> None:
    made = rule(inside, "x_hobby", "city")
    assert clear(inside, made) == (1, 2)
    wang.refresh_from_db()
    assert (wang.custom, wang.city, wang.name, wang.version) == ({}, "", "王小明", 2)
    entry = AuditEntry.objects.filter(subject_id=wang.pk).latest("id")
    assert entry.action == "customers.customer_changed"
    assert entry.changes == {"x_hobby": ["***", None], "city": ["***", None], "retention": [None, "一年"]}
    assert clear(inside, made) == (0, 0)


def test_the_audit_log_forgets_it_too_and_its_proofs_hold(inside: Company, wang: Customer) -> None:
    gao = inside.gao.actor
    actions.update_customer(actor=gao, customer_id=wang.pk, changes={}, fields={"hobby": "下棋"}, now=NOW)
    actions.update_customer(actor=gao, customer_id=wang.pk, changes={"country": "中国"}, now=NOW)
    add_follow_up(actor=gao, customer_id=wang.pk, kind="call", body="老话", now=LONG_AGO)
    add_follow_up(actor=gao, customer_id=wang.pk, kind="call", body="新话", now=NOW - DAY)
    clear(inside, rule(inside, "x_hobby", "follow_ups"))
    told = [str(each) for each in AuditEntry.objects.values_list("changes", flat=True)]
    for gone in ("钓鱼", "下棋", "老话"):
        assert not [each for each in told if gone in each]
    for there in ("中国", "新话"):
        assert [each for each in told if there in each]
    assert examine(inside.tenant.pk, lambda _done, _total: None)[1] == []


def test_who_is_on_legal_hold_is_not_erased(inside: Company, wang: Customer) -> None:
    gao = inside.gao.actor
    actions.set_legal_hold(actor=gao, customer_id=wang.pk, reason="诉讼", now=NOW)
    with pytest.raises(OnHold):
        actions.ask_erasure(actor=gao, customer_id=wang.pk, basis="request", code="K-1", now=NOW)


def test_nobody_is_told_by_the_history_what_stood_there(inside: Company, wang: Customer) -> None:
    clear(inside, rule(inside, "x_hobby"))
    was = queries.as_it_was(inside.gao.actor, wang.pk, at=LONG_AGO + DAY)
    assert was.of("x_hobby").then is None
    assert was.of("city").then == "上海"


@pytest.mark.parametrize(("days", "count"), [(399, 1), (401, 0)])
def test_the_days_count_from_creation(inside: Company, wang: Customer, days: int, count: int) -> None:
    assert clear(inside, rule(inside, "x_hobby", days=days)) == (count, count)


def test_a_follow_up_keeps_what_is_kept_since_the_last_contact(inside: Company, wang: Customer) -> None:
    made = rule(inside, "x_hobby", since="contact", days=100)
    add_follow_up(actor=inside.gao.actor, customer_id=wang.pk, kind="call", body="您好", now=NOW - 50 * DAY)
    assert clear(inside, made) == (0, 0)
    assert clear(inside, made, NOW + 51 * DAY) == (1, 1)


def test_only_an_order_keeps_what_is_kept_since_the_last_order(inside: Company, wang: Customer) -> None:
    made = rule(inside, "x_hobby", since="order", days=100)
    gao = inside.gao.actor
    tea = create_product(actor=gao, code="T1", name="茶", price=Decimal(1), now=LONG_AGO)
    line = NewLine(tea.pk, Decimal(1))
    create_order(actor=gao, customer_id=wang.pk, lines=[line], ordered_at=NOW - 50 * DAY, now=NOW - 50 * DAY)
    add_follow_up(actor=gao, customer_id=wang.pk, kind="call", body="您好", now=NOW + 40 * DAY)
    assert clear(inside, made) == (0, 0)
    assert clear(inside, made, NOW + 51 * DAY) == (1, 1)


def test_the_end_of_the_relationship_counts_from_when_it_was_lost(inside: Company, wang: Customer) -> None:
    made = rule(inside, "x_hobby", since="end", days=100)
    assert clear(inside, made) == (0, 0)

    def move(status: str, ago: int) -> None:
        Customer.objects.filter(pk=wang.pk).update(status=status)
        StatusChange.objects.create(customer=wang, status=status, reason="hand", changed_at=NOW - ago * DAY)

    move("loyal", 300)
    move("lost", 90)
    assert clear(inside, made) == (0, 0)
    move("won_back", 80)
    move("lost", 70)
    assert clear(inside, made, NOW + 20 * DAY) == (0, 0)
    move("non_customer", 10)
    assert clear(inside, made, NOW + 31 * DAY) == (1, 1)


def test_a_filter_narrows_it(inside: Company, wang: Customer) -> None:
    north = read({"of": [{"field": "city", "op": "in", "value": ["北京"]}]})
    assert clear(inside, rule(inside, "x_hobby", filter=north)) == (0, 0)


def test_a_section_clears_the_fields_that_are_in_it_now(inside: Company, wang: Customer) -> None:
    made = rule(inside, "section:生活")
    gao = inside.gao.actor
    field(inside, "pet", "生活")
    actions.update_customer(actor=gao, customer_id=wang.pk, changes={}, fields={"pet": "猫"}, now=NOW)
    assert clear(inside, made) == (1, 2)


def test_records_go_by_their_own_age_with_all_that_shows_them(inside: Company, wang: Customer) -> None:
    gao = inside.gao.actor
    for at in (LONG_AGO, NOW - DAY):
        actions.add_note(actor=gao, customer_id=wang.pk, body="记", now=at)
        add_follow_up(actor=gao, customer_id=wang.pk, kind="call", body="您好", now=at)
    actions.add_document(
        actor=gao, customer_id=wang.pk, title="合同", stream=io.BytesIO(b"x"), name="a.txt", now=LONG_AGO
    )
    stored = StoredFile.objects.get()
    assert clear(inside, rule(inside, "notes", "follow_ups", "documents")) == (1, 3)
    assert (Note.objects.count(), FollowUp.objects.count(), Document.objects.count()) == (1, 1, 0)
    assert not StoredFile.objects.filter(pk=stored.pk).exists()
    kinds = TimelineEvent.objects.filter(customer=wang).values_list("kind", flat=True)
    assert sorted(kinds) == ["created", "follow_up", "note"]
    entry = AuditEntry.objects.filter(subject_id=wang.pk).latest("id")
    assert entry.changes["notes"] == [1, 0]


def test_contact_points_and_sensitive_values_go_and_are_found_no_more(
    inside: Company, wang: Customer
) -> None:
    gao = inside.gao.actor
    actions.add_contact(actor=gao, customer_id=wang.pk, kind="phone", value="13800001234", now=LONG_AGO)
    actions.set_sensitive(
        actor=gao, customer_id=wang.pk, name="bank_account", value="6222021234567890128", now=LONG_AGO
    )
    ContactPoint.objects.update(created_at=LONG_AGO)
    assert [each["id"] for each in queries.quick_search(gao, "00001234")] == [wang.pk]
    assert clear(inside, rule(inside, "phone", "bank_account")) == (1, 2)
    assert queries.quick_search(gao, "00001234") == []
    assert not SensitiveValue.objects.exists()


def test_what_was_merged_into_a_customer_brings_nothing_back(inside: Company, wang: Customer) -> None:
    gao = inside.gao.actor
    twin = actions.create_customer(
        actor=gao, name="王晓明", code="K-9", fields={"hobby": "下棋"}, now=LONG_AGO
    )
    actions.merge_customers(actor=gao, survivor_id=wang.pk, customer_ids=[twin.pk], now=NOW)
    assert clear(inside, rule(inside, "x_hobby")) == (1, 2)
    with with_gone():
        assert not Customer.objects.filter(custom__has_key="hobby").exists()


def test_a_file_of_a_field_goes_from_the_storage(
    cast: Company, django_capture_on_commit_callbacks: Any
) -> None:
    with cast.scope():
        gao = cast.gao.actor
        field(cast, "paper", type="file")
        made = actions.create_customer(actor=gao, name="甲", now=LONG_AGO)
        actions.attach_file(
            actor=gao,
            customer_id=made.pk,
            key="paper",
            stream=io.BytesIO(b"%PDF-1"),
            name="a.pdf",
            size=6,
            now=NOW,
        )
        place = Path(files._place(StoredFile.objects.get().key))
        assert place.exists()
        with django_capture_on_commit_callbacks(execute=True):
            clear(cast, rule(cast, "x_paper"))
    assert not place.exists()


def test_what_is_only_kept_is_not_cleared_nor_purged_by_the_program(inside: Company, wang: Customer) -> None:
    made, gao = rule(inside, "city"), inside.gao.actor
    restriction = actions.restrict_customer(actor=gao, customer_id=wang.pk, reason="待核实", now=NOW)
    assert clear(inside, made) == (0, 0)
    actions.delete_customer(actor=gao, customer_id=wang.pk, now=NOW)
    assert actions.purge_bin(actor=gao, deleted_before=NOW + DAY, most=9, now=NOW + DAY) == 0
    actions.restore_customers(actor=gao, customer_ids=[wang.pk], now=NOW)
    actions.end_restriction(actor=gao, customer_id=wang.pk, restriction_id=restriction.pk, now=NOW)
    assert clear(inside, made) == (1, 1)


def test_nothing_of_whom_is_on_legal_hold_is_cleared_or_purged(inside: Company, wang: Customer) -> None:
    gao = inside.gao.actor
    made = rule(inside, "x_hobby")
    hold = actions.set_legal_hold(actor=gao, customer_id=wang.pk, reason="诉讼 2026-12", now=NOW)
    other = actions.set_legal_hold(actor=gao, customer_id=wang.pk, reason="税务", now=NOW)
    assert clear(inside, made) == (0, 0)
    actions.end_legal_hold(actor=gao, customer_id=wang.pk, hold_id=other.pk, now=NOW)
    assert clear(inside, made) == (0, 0)
    actions.delete_customer(actor=gao, customer_id=wang.pk, now=NOW)
    with pytest.raises(OnHold):
        actions.purge_customers(actor=gao, customer_ids=[wang.pk], now=NOW)
    assert actions.purge_bin(actor=gao, deleted_before=NOW + DAY, most=10, now=NOW) == 0
    actions.restore_customers(actor=gao, customer_ids=[wang.pk], now=NOW)
    actions.end_legal_hold(actor=gao, customer_id=wang.pk, hold_id=hold.pk, now=NOW)
    assert clear(inside, made) == (1, 1)
    told = AuditEntry.objects.filter(action="customers.legal_hold_changed").order_by("id")
    assert next(each.changes["legal_hold"] for each in told) == [None, "诉讼 2026-12"]


def test_a_hold_goes_with_the_file_and_comes_back(inside: Company, wang: Customer) -> None:
    gao = inside.gao.actor
    other = actions.create_customer(actor=gao, name="甲", now=NOW)
    actions.set_legal_hold(actor=gao, customer_id=wang.pk, reason="诉讼", now=NOW)
    merged = actions.merge_customers(actor=gao, survivor_id=other.pk, customer_ids=[wang.pk], now=NOW)
    assert LegalHold.objects.get().customer_id == other.pk
    actions.undo_merge(actor=gao, merge_id=merged.merge.pk, now=NOW)
    assert LegalHold.objects.get().customer_id == wang.pk


def test_a_rule_rests_until_somebody_looked_at_it(inside: Company, wang: Customer) -> None:
    gao = inside.gao.actor
    made = rule(inside, "x_hobby", on=False)
    assert clear(inside, made) == (0, 0)
    told = queries.overdue(gao, made, now=NOW)
    assert (told.customers, told.values) == (1, 1)
    assert [each.pk for each in told.page.rows] == [wang.pk]
    assert Customer.objects.get(pk=wang.pk).custom
    actions.switch_retention_rule(actor=gao, rule_id=made.pk, on=True, now=NOW)
    same = RetentionRules("一年", ("x_hobby",), "creation", 365)
    changed = actions.change_retention_rule(
        actor=gao, rule_id=made.pk, rules=RetentionRules("新名", ("x_hobby",), "creation", 365), now=NOW
    )
    assert changed.is_on
    changed = actions.change_retention_rule(
        actor=gao, rule_id=made.pk, rules=RetentionRules("新名", ("x_hobby",), "creation", 30), now=NOW
    )
    assert not changed.is_on
    with pytest.raises(Conflict):
        actions.change_retention_rule(actor=gao, rule_id=made.pk, rules=same, version="1", now=NOW)
    archived = actions.set_retention_archived(actor=gao, rule_id=made.pk, archived=True, now=NOW)
    assert not archived.is_on
    with pytest.raises(Invalid):
        actions.switch_retention_rule(actor=gao, rule_id=made.pk, on=True, now=NOW)


@pytest.mark.parametrize(
    ("areas", "more"),
    [
        ((), {}),
        (("name",), {}),
        (("x_nothing",), {}),
        (("x_hobby",), {"since": "birth"}),
        (("x_hobby",), {"days": 0}),
        (("x_hobby",), {"purpose_id": uuid.uuid4()}),
        (("x_hobby",), {"name": " "}),
    ],
)
def test_what_makes_no_rule(
    inside: Company, hobby: str, areas: tuple[str, ...], more: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        rule(inside, *areas, **more)


def test_who_may(inside: Company, wang: Customer) -> None:
    lin = inside.lin.actor
    with pytest.raises(PermissionDenied):
        actions.create_retention_rule(actor=lin, rules=RetentionRules("x", ("city",), "creation", 1), now=NOW)
    with pytest.raises(PermissionDenied):
        actions.set_legal_hold(actor=lin, customer_id=wang.pk, reason="x", now=NOW)
    with pytest.raises(NotFound):
        actions.set_legal_hold(actor=inside.gao.actor, customer_id=uuid.uuid4(), reason="x", now=NOW)


def test_counting_takes_as_many_statements_for_many_customers(
    inside: Company, wang: Customer, django_assert_max_num_queries: Any
) -> None:
    gao = inside.gao.actor
    for number in range(30):
        made = actions.create_customer(
            actor=gao, name=f"客户{number}", fields={"hobby": "跑步"}, now=LONG_AGO
        )
        actions.add_note(actor=gao, customer_id=made.pk, body="记", now=LONG_AGO)
    made_rule = rule(inside, "x_hobby", "city", "notes")
    with django_assert_max_num_queries(16):
        told = queries.overdue(gao, made_rule, now=NOW)
    assert (told.customers, told.values) == (31, 31 + 1 + 30)
    assert {each.area.code: each.values for each in told.parts or ()} == {
        "x_hobby": 31,
        "city": 1,
        "notes": 30,
    }
    assert len(told.page.rows) == 25


def test_purposes_stand_beside_the_fields_they_are_kept_for(inside: Company, wang: Customer) -> None:
    purpose = queries.purposes()[0]
    rule(inside, "section:生活", "city", purpose_id=purpose.pk)
    found = queries.kept_for(queries.retention_rules())
    assert found["x_hobby"][0].purpose == purpose
    assert found.keys() == {"x_hobby", "city"}


def test_the_clock_clears_by_night_chunk_by_chunk(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    cast = company(f"keeping-{uuid.uuid4().hex[:8]}")
    from zhiyin.customers.actions.retention import clearing

    monkeypatch.setattr(clearing, "CHUNK", 3)
    with cast.scope():
        gao = cast.gao.actor
        for number in range(8):
            actions.create_customer(actor=gao, name=f"客户{number}", city="上海", now=LONG_AGO)
        rule(cast, "city")
    night = datetime.datetime(2026, 11, 20, 18, 35, tzinfo=datetime.UTC)
    tasks.keep_no_longer(night - datetime.timedelta(hours=1))
    with cast.scope():
        assert not queries.retention_runs()
    tasks.keep_no_longer(night)
    with cast.scope():
        (job,) = queries.retention_runs()
    done = jobs.run_now(job)
    assert done.result == {"customers": 8, "cleared": 8}
    with cast.scope():
        assert not Customer.objects.exclude(city="").exists()
        assert AuditEntry.objects.filter(changes__has_key="retention").count() == 8


def test_a_customers_pages_tell_what_is_kept_for_what(cast: Company) -> None:
    client = cast.gao.client
    client.cookies["zhiyin_language"] = "en"
    with cast.scope():
        gao = cast.gao.actor
        field(cast, "hobby", "生活")
        key = actions.create_customer(actor=gao, name="甲", city="上海", now=NOW).pk
        other = actions.create_customer(actor=gao, name="乙", city="北京", now=NOW).pk
        purpose = next(each for each in queries.purposes() if each.code == "service")
        south = read({"of": [{"field": "city", "op": "in", "value": ["上海"]}]})
        rule(cast, "section:生活", "city", "phone", purpose_id=purpose.pk, filter=south)
    words = "kept for: Service messages, cleared 365 days after: Creation"
    assert words in client.get(f"/customers/{key}/").content.decode()
    assert words in client.get(f"/customers/{key}/?tab=consents").content.decode()
    assert words not in client.get(f"/customers/{other}/").content.decode()
    assert words in client.get("/settings/fields/").content.decode()


def test_the_pages_make_a_rule_show_it_switch_it_and_take_that_back(cast: Company) -> None:
    client = cast.gao.client
    client.cookies["zhiyin_language"] = "en"
    assert "Everything is kept for good" in client.get("/settings/retention/").content.decode()
    with cast.scope():
        key = actions.create_customer(actor=cast.gao.actor, name="甲", city="上海", now=LONG_AGO).pk
    sent = {"name": "城市", "areas": ["city"], "since": "creation", "days": 365, "purpose_id": ""}
    refused = client.post("/settings/retention/new/", {**sent, "areas": []})
    assert refused.status_code == 422
    address = client.post("/settings/retention/new/", sent).url
    page = client.get(address).content.decode()
    assert "Would clear 1 values of 1 customers" in page
    assert f"/customers/{key}/" in page
    rule_at = address.removesuffix("preview/")
    assert client.post(f"{rule_at}on/").status_code == 302
    assert "Clears each night" in client.get("/settings/retention/").content.decode()
    assert client.post(f"{rule_at}off/").status_code == 302
    assert "Rests" in client.get("/settings/retention/").content.decode()
    assert client.post(rule_at, {**sent, "days": 500}).status_code == 302
    assert "Nothing is due" in client.get(address).content.decode()
    held = client.post(f"/customers/{key}/holds/", {"reason": "诉讼"})
    assert "诉讼" in client.get(held.url).content.decode()
    assert "诉讼" in client.get("/settings/retention/holds/").content.decode()


def test_a_program_does_it_too(cast: Company) -> None:
    client = cast.gao.client
    body = {"name": "城市", "areas": ["city"], "since": "creation", "days": 365}
    with cast.scope():
        key = actions.create_customer(actor=cast.gao.actor, name="甲", city="上海", now=LONG_AGO).pk

    def post(path: str, sent: Any) -> Any:
        return client.post(f"/api/v1/{path}", sent, content_type="application/json").json()

    made = post("retention-rules/", body)
    assert not made["is_on"]
    told = client.get(f"/api/v1/retention-rules/{made['id']}/preview/").json()
    assert told == {"customers": 1, "values": 1, "parts": [{"code": "city", "values": 1, "customers": 1}]}
    assert post(f"retention-rules/{made['id']}/switch/", {"on": True, "version": made["version"]})["is_on"]
    hold = post(f"customers/{key}/legal-holds/", {"reason": "诉讼"})
    assert [each["id"] for each in client.get("/api/v1/legal-holds/").json()["items"]] == [hold["id"]]
    assert client.get(f"/api/v1/retention-rules/{made['id']}/preview/").json()["customers"] == 0
    assert post(f"customers/{key}/legal-holds/{hold['id']}/end/", {})["ended_at"]
    codes = {each["code"] for each in client.get("/api/v1/retention-areas/").json()}
    assert {"city", "phone", "notes", "follow_ups", "id_number"} <= codes


CANARIES = [
    "qzhobbyone",
    "qzhobbytwo",
    "qzhobbythree",
    "13800138123",
    "qznotetext",
    "qztalktext",
    "qztasktitle",
]


def test_no_table_tells_of_what_was_cleared(committed: None) -> None:
    cast = company(f"canary-{uuid.uuid4().hex[:8]}")
    gao = cast.gao.actor
    with cast.scope():
        field(cast, "hobby", "生活")
        key = actions.create_customer(
            actor=gao, name="王小明", code="K-1", fields={"hobby": "qzhobbyone"}, now=LONG_AGO
        ).pk
        twin = actions.create_customer(
            actor=gao, name="王小明", code="K-2", fields={"hobby": "qzhobbythree"}, now=LONG_AGO
        ).pk
        for each in (key, twin):
            actions.add_contact(actor=gao, customer_id=each, kind="phone", value="13800138123", now=LONG_AGO)
        actions.add_note(actor=gao, customer_id=key, body="qznotetext", now=LONG_AGO)
        add_follow_up(actor=gao, customer_id=key, kind="call", body="qztalktext", now=LONG_AGO)
        task = create_task(actor=gao, title="qztasktitle", customer_id=key, now=LONG_AGO)
        set_task_state(actor=gao, task_id=task.pk, state="done", now=LONG_AGO)
    file = "code,name,Hobby\nK-1,王小明,qzhobbytwo\n"
    batch = upload(gao, file, kind="customers")
    assert batch.mapping["x_hobby"] == "Hobby"
    step(gao, batch, "apply")
    with cast.scope():
        actions.merge_customers(actor=gao, survivor_id=key, customer_ids=[twin], now=LONG_AGO)
        made = rule(cast, "x_hobby", "phone", "notes", "follow_ups", "tasks")
    found = tables_with(cast.tenant.pk, CANARIES)
    assert found["customers_customer"] == 2
    with cast.scope():
        assert clear(cast, made)[0] == 1
    assert tables_with(cast.tenant.pk, CANARIES).keys() == {"imports_import"}
    import_tasks.expire_files(NOW + 200 * DAY)
    assert tables_with(cast.tenant.pk, CANARIES) == {}


def test_a_preview_of_very_many_shows_them_and_counts_when_asked(
    cast: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = cast.gao.client
    client.cookies["zhiyin_language"] = "en"
    with cast.scope():
        key = actions.create_customer(actor=cast.gao.actor, name="甲", city="上海", now=LONG_AGO).pk
        made = rule(cast, "city", on=False)
    due = importlib.import_module("zhiyin.customers.queries.retention.due")
    counted = due._counted

    def slowly(*given: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.2)")
        return counted(*given)

    monkeypatch.setattr(due, "_counted", slowly)
    monkeypatch.setattr(due, "COUNTED_WITHIN", 50)
    page = client.get(f"/settings/retention/{made.pk}/preview/").content.decode()
    assert "Count them all the same" in page
    assert f"/customers/{key}/" in page
    counting = client.get(f"/settings/retention/{made.pk}/preview/?count").content.decode()
    assert "Would clear 1 values" in counting
