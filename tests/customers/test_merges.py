"""Files become one, and two again: all that hangs on them moves, returns, and stays where the rule says."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest

from tests.cast import Company
from zhiyin.activities import actions as activities
from zhiyin.activities.models import FollowUp, Task
from zhiyin.analytics.models import CustomerValue
from zhiyin.commerce.models import Order
from zhiyin.customers import access, actions, queries
from zhiyin.customers.choices import Gone
from zhiyin.customers.models import (
    Consent,
    ContactPoint,
    Customer,
    CustomerTag,
    Merge,
    Note,
    Relation,
    RelationType,
    TimelineEvent,
)
from zhiyin.platform.errors import Conflict, Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry
from zhiyin.platform.tenancy import with_gone

Now = datetime.datetime
DAY = datetime.timedelta(days=1)
WEEKS = datetime.timedelta(weeks=6)


@pytest.fixture
def files(inside: Company, now: Now) -> list[Customer]:
    """Three files of one man, each with things of its own, and two who know him."""
    gao = inside.gao.actor
    rows = [
        ("王小明", "K1", "上海"),
        ("王小明先生", "K2", ""),
        ("小明", "K3", "北京"),
        ("李雷", "L1", ""),
        ("韩梅", "H1", ""),
    ]
    made = [
        actions.create_customer(actor=gao, name=name, code=code, city=city, now=now)
        for name, code, city in rows
    ]
    for number, each in enumerate(made[:3]):
        about: dict[str, Any] = {"actor": gao, "customer_id": each.pk, "now": now}
        actions.add_contact(kind="phone", value=f"1380013800{number}", **about)
        actions.add_contact(kind="phone", value="010-62770000", label="家" if number else "", **about)
        actions.add_note(body=f"记{number}", **about)
        actions.record_consent(purpose_id=None, answer=actions.Answer("refused", "talk"), **about)
        activities.add_follow_up(kind="call", body="谈过", next_step="回电", **about)
        _order(each, f"N{number}", now)
    return made


def _order(customer: Customer, number: str, now: Now, **more: Any) -> Order:
    made: Order = Order.objects.create(
        customer=customer, number=number, ordered_at=now, currency="CNY", total=Decimal(10), **more
    )
    return made


def _relate(inside: Company, source: Customer, target: Customer, code: str, now: Now) -> Relation:
    kind = RelationType.objects.get(code=code)
    return actions.add_relation(
        actor=inside.gao.actor, customer_id=source.pk, other_id=target.pk, type_id=kind.pk, now=now
    )


def _merge(inside: Company, files: list[Customer], now: Now, **more: Any) -> actions.Merged:
    survivor, *others = files
    return actions.merge_customers(
        actor=inside.gao.actor,
        survivor_id=survivor.pk,
        customer_ids=[each.pk for each in others],
        now=now,
        **more,
    )


def _undo(inside: Company, merge: Merge, now: Now) -> actions.Merged:
    return actions.undo_merge(actor=inside.gao.actor, merge_id=merge.pk, now=now)


def state(files: list[Customer]) -> dict[str, Any]:
    """All that hangs on these customers, but for what tells of merges."""
    ids = [each.pk for each in files]
    found: dict[str, Any] = {}
    fields = ("name", "short_name", "city", "country", "owner_id", "unit_id", "custom", "gone", "merged_into")
    found["customer"] = {row["pk"]: row for row in Customer.objects.filter(pk__in=ids).values("pk", *fields)}
    for model in (ContactPoint, Note, CustomerTag, Consent, Task, FollowUp, Order, CustomerValue):
        manager: Any = model._default_manager
        key = str(model._meta.pk.name)
        found[model.__name__] = {row[key]: row for row in manager.filter(customer_id__in=ids).values()}
    found["relations"] = {row["id"]: row for row in Relation.objects.values()}
    touches = TimelineEvent.objects.filter(customer__in=ids).exclude(kind="merge")
    found["timeline"] = {row["id"]: row for row in touches.values()}
    return found


def test_everything_moves_and_returns(inside: Company, files: list[Customer], now: Now) -> None:
    before = state(files)
    done = _merge(inside, files[:3], now)
    survivor = files[0]
    assert {row["customer_id"] for row in state(files)["Order"].values()} == {survivor.pk}
    for model in (Note, Consent, Task, FollowUp, Order):
        assert model.objects.filter(customer=survivor).count() == 3  # type: ignore[attr-defined]
    assert not Customer.objects.filter(pk__in=done.merge.customer_ids).exists()
    undone = _undo(inside, done.merge, now + WEEKS)
    assert state(files) == before
    assert undone.told["orders"].moved == 2
    with pytest.raises(Conflict):
        _undo(inside, done.merge, now)


def test_a_shared_telephone_is_kept_once_and_not_lost(
    inside: Company, files: list[Customer], now: Now
) -> None:
    _merge(inside, files[:3], now)
    points = ContactPoint.objects.filter(customer=files[0]).order_by("value_key")
    assert [each.value_key for each in points] == [
        "+861062770000", "+8613800138000", "+8613800138001", "+8613800138002",
    ]  # fmt: skip
    assert points[0].label == "家"
    assert [each.is_primary for each in points].count(True) == 1
    found = queries.list_customers(inside.gao.actor, queries.CustomerFilter(q="13800138002"))
    assert [row["name"] for row in found.rows] == ["王小明"]


def test_fields_come_by_rule_or_by_hand(inside: Company, files: list[Customer], now: Now) -> None:
    gao = inside.gao.actor
    actions.update_customer(actor=gao, customer_id=files[1].pk, changes={"country": "中国"}, now=now + DAY)
    done = _merge(inside, files[:3], now + DAY, rule="longest", choices={"city": files[2].pk})
    row = Customer.objects.get(pk=files[0].pk)
    assert (row.name, row.city, row.country) == ("王小明先生", "北京", "中国")
    assert done.changed["city"] == ["上海", "北京"]
    assert row.name_key == "wang xiao ming xian sheng"
    _undo(inside, done.merge, now + WEEKS)
    row = Customer.objects.get(pk=files[0].pk)
    assert (row.name, row.city, row.country, row.name_key) == ("王小明", "上海", "", "wang xiao ming")


def test_the_owner_of_another_file_brings_its_unit(inside: Company, files: list[Customer], now: Now) -> None:
    given = actions.Selection(ids=(files[1].pk,))
    actions.assign_customers(actor=inside.gao.actor, selection=given, owner_id=inside.wu.member.pk, now=now)
    done = _merge(inside, files[:2], now, choices={"owner_id": files[1].pk})
    row = Customer.objects.get(pk=files[0].pk)
    assert (row.owner_id, row.unit_id) == (inside.wu.member.pk, inside.wu.member.unit_id)
    _undo(inside, done.merge, now)
    row = Customer.objects.get(pk=files[0].pk)
    assert (row.owner_id, row.unit_id) == (files[0].owner_id, files[0].unit_id)


def test_edits_since_stay_where_the_rule_says(inside: Company, files: list[Customer], now: Now) -> None:
    gao, survivor, other = inside.gao.actor, files[0], files[2]
    done = _merge(inside, [survivor, other], now, rule="newest", choices={"city": other.pk, "name": other.pk})
    about: dict[str, Any] = {"actor": gao, "customer_id": survivor.pk, "now": now + DAY}
    actions.update_customer(changes={"city": "广州", "country": "中国"}, **about)
    born = actions.add_note(body="后来", **about)
    moved = Note.objects.get(body="记2")
    actions.change_note(note_id=moved.pk, body="改过", **about)
    point = ContactPoint.objects.get(value_key="+8613800138002")
    actions.remove_contact(contact_id=point.pk, **about)
    _order(survivor, "R2", now, kind="return", returns=Order.objects.get(number="N2"))
    _order(survivor, "N9", now)
    preview = actions.preview_undo(actor=gao, merge_id=done.merge.pk, now=now + WEEKS)
    assert preview.kept == ["city"]
    undone = _undo(inside, done.merge, now + WEEKS)
    row, back = (Customer.objects.get(pk=each.pk) for each in (survivor, other))
    assert (row.name, row.city, row.country) == ("王小明", "广州", "中国")
    assert (back.name, back.city, back.country) == ("小明", "北京", "")
    assert Note.objects.get(pk=born.pk).customer_id == survivor.pk
    assert Note.objects.get(pk=moved.pk).customer_id == other.pk
    assert not ContactPoint.objects.filter(value_key="+8613800138002").exists()
    assert undone.told["contacts"].lost == 1
    owners = dict(Order.objects.values_list("number", "customer_id"))
    assert owners["R2"] == other.pk
    assert owners["N9"] == survivor.pk


def test_a_preview_changes_nothing(inside: Company, files: list[Customer], now: Now) -> None:
    before = state(files)
    entries = AuditEntry.objects.count()
    ids = [each.pk for each in files[1:3]]
    seen = actions.preview_merge(
        actor=inside.gao.actor, survivor_id=files[0].pk, customer_ids=ids, choices={"city": ids[1]}, now=now
    )
    assert seen.told["orders"].moved == 2
    assert seen.changed["city"] == ["上海", "北京"]
    assert (state(files), AuditEntry.objects.count(), Merge.objects.count()) == (before, entries, 0)


def test_relations_that_cannot_be_are_laid_aside_and_told(
    inside: Company, files: list[Customer], now: Now
) -> None:
    one, two, _three, li, han = files
    _relate(inside, one, two, "referred_by", now)
    _relate(inside, two, li, "guarantor", now)
    _relate(inside, one, li, "guarantor", now)
    _relate(inside, han, two, "referred_by", now)
    before = state(files)
    done = _merge(inside, [one, two], now)
    assert [(row.source_id, row.target_id) for row in Relation.objects.order_by("pk")] == [
        (one.pk, li.pk),
        (han.pk, one.pk),
    ]
    assert len(done.aside) == 2
    _undo(inside, done.merge, now)
    assert state(files) == before


def test_a_merge_makes_no_circle(inside: Company, now: Now) -> None:
    gao = inside.gao.actor
    firms = [
        actions.create_customer(actor=gao, name=name, kind="organisation", now=now)
        for name in ("甲公司", "乙公司", "丙公司")
    ]
    _relate(inside, firms[0], firms[1], "parent", now)
    _relate(inside, firms[1], firms[2], "parent", now)
    before = state(firms)
    done = _merge(inside, [firms[0], firms[2]], now)
    (aside,) = done.aside
    assert aside.startswith("乙公司")
    assert Relation.objects.count() == 1
    _undo(inside, done.merge, now)
    assert state(firms) == before


def test_merges_are_undone_the_newest_first(inside: Company, files: list[Customer], now: Now) -> None:
    before = state(files)
    first = _merge(inside, [files[1], files[2]], now)
    second = _merge(inside, [files[0], files[1]], now + DAY)
    assert access.lead(files[2].pk) == files[0].pk
    with pytest.raises(actions.NewerMerge):
        _undo(inside, first.merge, now + WEEKS)
    _undo(inside, second.merge, now + WEEKS)
    _undo(inside, first.merge, now + WEEKS)
    assert state(files) == before


def test_merges_into_other_files_are_undone_in_any_order(
    inside: Company, files: list[Customer], now: Now
) -> None:
    before = state(files)
    first = _merge(inside, [files[0], files[1]], now)
    second = _merge(inside, [files[3], files[2]], now)
    _undo(inside, first.merge, now)
    _undo(inside, second.merge, now)
    assert state(files) == before


def test_what_analysis_found_returns(inside: Company, files: list[Customer], now: Now) -> None:
    base = {
        "orders": 1, "first_at": now, "last_at": now, "spend": 10, "margin": 1, "frequency": 0, "recency": 0,
        "age": 1, "mean_spend": 1, "recency_score": 1, "frequency_score": 1, "monetary_score": 1,
        "group": "new", "analysis_id": uuid.uuid4(),
    }  # fmt: skip
    for each in files[1:3]:
        CustomerValue.objects.create(customer_id=each.pk, **base)
    before = state(files)
    done = _merge(inside, files[:3], now)
    assert [row.customer_id for row in CustomerValue.objects.all()] == [files[0].pk]
    _undo(inside, done.merge, now)
    assert state(files) == before


def test_a_tag_that_was_deleted_since_does_not_return(
    inside: Company, files: list[Customer], now: Now
) -> None:
    gao = inside.gao.actor
    tags = [actions.create_tag(actor=gao, name=name, now=now) for name in ("VIP", "常客")]
    for each in files[:2]:
        actions.set_tags(actor=gao, customer_id=each.pk, tag_ids=[tag.pk for tag in tags], now=now)
    done = _merge(inside, files[:2], now)
    assert CustomerTag.objects.filter(customer=files[0]).count() == 2
    actions.delete_tag(actor=gao, tag_id=tags[0].pk, now=now)
    _undo(inside, done.merge, now)
    assert [each.tag.name for each in CustomerTag.objects.filter(customer=files[1])] == ["常客"]


def test_log_and_timeline_tell_of_it(inside: Company, files: list[Customer], now: Now) -> None:
    done = _merge(inside, files[:2], now)
    assert queries.timeline(files[0].pk, kinds=["merge"]).rows[0]["data"] == {
        "what": "merged",
        "names": ["王小明先生"],
    }
    for each in files[:2]:
        assert AuditEntry.objects.filter(action="customers.customers_merged", subject_id=each.pk).exists()
    _undo(inside, done.merge, now)
    entry = AuditEntry.objects.get(action="customers.merge_undone", subject_id=files[1].pk)
    assert entry.changes == {"merged_into": ["王小明 (K1)", None]}


@pytest.mark.parametrize("who", ["lin", "wu"])
def test_only_customers_within_reach_are_merged(
    inside: Company, files: list[Customer], now: Now, who: str
) -> None:
    before = state(files)
    with pytest.raises(NotFound):
        actions.merge_customers(
            actor=inside.people[who].actor, survivor_id=files[0].pk, customer_ids=[files[1].pk], now=now
        )
    with pytest.raises(PermissionDenied):
        actions.merge_customers(
            actor=inside.xu.actor, survivor_id=files[0].pk, customer_ids=[files[1].pk], now=now
        )
    done = _merge(inside, files[:2], now)
    with pytest.raises(NotFound):
        actions.undo_merge(actor=inside.people[who].actor, merge_id=done.merge.pk, now=now)
    _undo(inside, done.merge, now)
    assert state(files) == before


def test_one_is_not_merged_alone_nor_a_crowd(inside: Company, files: list[Customer], now: Now) -> None:
    with pytest.raises(Invalid):
        _merge(inside, [files[0], files[0]], now)
    crowd = [Customer(pk=uuid.uuid4()) for _ in range(11)]
    with pytest.raises(Invalid):
        _merge(inside, crowd, now)
    with pytest.raises(Invalid):
        _merge(inside, files[:2], now, choices={"city": files[3].pk})


def test_who_vanished_is_gone_and_led_on(inside: Company, files: list[Customer], now: Now) -> None:
    _merge(inside, files[:2], now)
    with with_gone():
        row = Customer.objects.get(pk=files[1].pk)
    assert (row.gone, row.merged_into, row.gone_at) == (Gone.MERGED, files[0].pk, now)


def test_what_was_removed_before_a_merge_returns_to_the_file_of_today(
    inside: Company, files: list[Customer], now: Now
) -> None:
    gao, (survivor, other, _three, li, _han) = inside.gao.actor, files
    about: dict[str, Any] = {"actor": gao, "customer_id": other.pk, "now": now}
    relation = _relate(inside, other, li, "guarantor", now)
    kept = [
        actions.remove_note(note_id=Note.objects.get(body="记1").pk, **about),
        actions.remove_contact(contact_id=ContactPoint.objects.get(value_key="+8613800138001").pk, **about),
        actions.remove_relation(relation_id=relation.pk, **about),
    ]
    _merge(inside, [survivor, other], now)
    for undo in kept:
        assert actions.undo_change(actor=gao, undo_id=undo.pk, now=now).restored
    assert Note.objects.get(body="记1").customer_id == survivor.pk
    assert ContactPoint.objects.get(value_key="+8613800138001").customer_id == survivor.pk
    assert Relation.objects.get().source_id == survivor.pk
