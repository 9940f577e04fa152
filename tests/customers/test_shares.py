"""Shares: who sees and changes a customer beyond ownership, until when, and what a share does not give."""

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import Company, Person
from tests.customers.test_listing import worth
from zhiyin.accounts.actions import members
from zhiyin.activities import actions as activities
from zhiyin.commerce import actions as commerce
from zhiyin.customers import access, actions, queries
from zhiyin.customers.access import OnlyShared
from zhiyin.customers.actions import Done, Selection, Sharing
from zhiyin.customers.choices import TimelineKind
from zhiyin.customers.models import Customer, Share, Tag, TimelineEvent
from zhiyin.customers.queries import CustomerFilter
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry, Notification

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


@pytest.fixture
def wang(inside: Company, now: Now) -> Customer:
    return actions.create_customer(actor=inside.lin.actor, name="王小明", now=now)


def share(by: Person, customer: Customer, now: Now, **how: Any) -> Done:
    return actions.share_customer(actor=by.actor, customer_id=customer.pk, sharing=Sharing(**how), now=now)


def sees(who: Person, customer: Customer, need: access.Need = "read") -> bool:
    return access.customers(who.actor, need).filter(pk=customer.pk).exists()


def listed(actor: Actor, **where: Any) -> list[str]:
    return [row["name"] for row in queries.list_customers(actor, CustomerFilter(**where)).rows]


def test_a_share_to_read_is_seen_and_listed_and_not_changed(
    inside: Company, wang: Customer, now: Now
) -> None:
    assert not sees(inside.wu, wang)
    share(inside.lin, wang, now, member_id=inside.wu.member.pk, reason="休假代班")
    assert sees(inside.wu, wang)
    assert not sees(inside.wu, wang, "write")
    assert not sees(inside.chen, wang)
    actor = inside.wu.actor
    assert listed(actor) == listed(actor, q="王小") == listed(actor, filter='{"of": []}') == ["王小明"]
    assert queries.count_customers(actor, CustomerFilter()).number == 1
    with pytest.raises(OnlyShared):
        actions.update_customer(actor=actor, customer_id=wang.pk, changes={"city": "上海"}, now=now)
    told = Notification.objects.get(member_id=inside.wu.member.pk)
    assert (told.kind, told.data["count"]) == ("customers.shared", 1)
    assert AuditEntry.objects.filter(action="customers.customers_shared", subject_id=wang.pk).exists()


def test_every_change_asks_for_a_share_to_write(inside: Company, wang: Customer, now: Now) -> None:
    note = actions.add_note(actor=inside.lin.actor, customer_id=wang.pk, body="老客户", now=now)
    other = actions.create_customer(actor=inside.wu.actor, name="李雷", now=now)
    tag = actions.create_tag(actor=inside.lin.actor, name="重点", now=now)
    tea = commerce.create_product(actor=inside.gao.actor, code="tea", name="茶", now=now)
    (kind,) = [each for each in queries.relation_types() if each.code == "referred_by"]
    actor, one = inside.wu.actor, {"actor": inside.wu.actor, "customer_id": wang.pk, "now": now}
    changes = [
        lambda: actions.update_customer(changes={"city": "杭州"}, **one),
        lambda: actions.add_note(body="来电", **one),
        lambda: actions.pin_note(note_id=note.pk, pinned=True, **one),
        lambda: actions.add_contact(kind="phone", value="13800138000", **one),
        lambda: actions.set_tags(tag_ids=[tag.pk], **one),
        lambda: actions.add_relation(type_id=kind.pk, other_id=other.pk, **one),
        lambda: actions.record_consent(purpose_id=None, answer=actions.Answer("refused", "talk"), **one),
        lambda: activities.add_follow_up(kind="call", body="已联系", **one),
        lambda: activities.create_task(actor=actor, title="回电", customer_id=wang.pk, now=now),
        lambda: commerce.create_order(lines=[commerce.NewLine(tea.pk, Decimal(1), Decimal(10))], **one),
    ]
    share(inside.lin, wang, now, member_id=inside.wu.member.pk)
    for change in changes:
        with pytest.raises((OnlyShared, Invalid, NotFound, PermissionDenied)):
            change()
    assert not Customer.objects.filter(pk=wang.pk, city="杭州").exists()
    share(inside.lin, wang, now, member_id=inside.wu.member.pk, may_write=True)
    for change in changes:
        change()


def test_a_writer_by_share_neither_gives_away_nor_deletes_nor_shares_on(
    inside: Company, wang: Customer, now: Now
) -> None:
    share(inside.lin, wang, now, member_id=inside.ma.member.pk, may_write=True)
    share(inside.lin, wang, now, member_id=inside.wu.member.pk, may_write=True)
    wu = inside.wu
    with pytest.raises(OnlyShared):
        share(wu, wang, now, member_id=inside.chen.member.pk)
    with pytest.raises(OnlyShared):
        actions.update_customer(
            actor=wu.actor, customer_id=wang.pk, changes={"owner_id": wu.member.pk}, now=now
        )
    done = actions.assign_customers(
        actor=wu.actor, selection=Selection((wang.pk,)), owner_id=wu.member.pk, now=now
    )
    assert done.count == 0
    (mine,) = Share.objects.filter(member=wu.member)
    with pytest.raises(OnlyShared):
        actions.end_share(actor=wu.actor, customer_id=wang.pk, share_id=mine.pk, now=now)
    # to whom the role reaches it anyway, a share takes nothing away
    share(inside.ma, wang, now, member_id=inside.chen.member.pk)


def test_a_share_ends_by_the_clock_alone(inside: Company, wang: Customer, now: Now) -> None:
    share(inside.lin, wang, now, member_id=inside.wu.member.pk, may_write=True, until=now.date() + 3 * DAY)
    actor = inside.wu.actor
    assert listed(actor) == ["王小明"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT now() - interval '1 second'")
        (past,) = cursor.fetchone()
    Share.objects.update(ends_at=past)
    assert not sees(inside.wu, wang)
    assert not sees(inside.wu, wang, "write")
    assert listed(actor) == []
    with pytest.raises(Invalid):
        share(inside.lin, wang, now, member_id=inside.wu.member.pk, until=now.date() - 3 * DAY)


def test_a_share_with_a_unit_reaches_those_below_it_and_who_covers_it(
    inside: Company, wang: Customer, now: Now
) -> None:
    customer = actions.create_customer(actor=inside.wu.actor, name="韩梅梅", now=now)
    share(inside.wu, customer, now, unit_id=inside.units["华东大区"].pk)
    assert [sees(each, customer) for each in (inside.lin, inside.chen, inside.ma)] == [True] * 3
    assert not sees(inside.an, customer)
    (given,) = Share.objects.filter(customer=customer)
    actions.end_share(actor=inside.wu.actor, customer_id=customer.pk, share_id=given.pk, now=now)
    assert not sees(inside.lin, customer)
    share(inside.wu, customer, now, unit_id=inside.units["上海一组"].pk)
    assert sees(inside.ma, customer)
    assert listed(inside.ma.actor) == ["韩梅梅", "王小明"]


def test_many_are_shared_at_once_and_taken_back_as_one(inside: Company, now: Now) -> None:
    rows = [actions.create_customer(actor=inside.lin.actor, name=f"客户{n}", now=now) for n in range(3)]
    stranger = actions.create_customer(actor=inside.wu.actor, name="别人的", now=now)
    share(inside.lin, rows[0], now, member_id=inside.wu.member.pk, reason="早先")
    later = now + datetime.timedelta(minutes=1)
    done = actions.share_customers(
        actor=inside.lin.actor,
        selection=Selection(tuple(each.pk for each in (*rows, stranger))),
        sharing=Sharing(member_id=inside.wu.member.pk, may_write=True, reason="项目"),
        now=later,
    )
    assert done.count == 3
    assert Share.objects.filter(may_write=True, member=inside.wu.member).count() == 3
    undone = actions.undo_change(actor=inside.lin.actor, undo_id=done.undo_id, now=later)
    assert (undone.restored, undone.left) == (3, 0)
    (kept,) = Share.objects.all()
    assert (kept.customer_id, kept.may_write, kept.reason) == (rows[0].pk, False, "早先")


def test_an_ended_share_comes_back(inside: Company, wang: Customer, now: Now) -> None:
    share(inside.lin, wang, now, member_id=inside.wu.member.pk, may_write=True, reason="项目")
    (given,) = Share.objects.all()
    kept = actions.end_share(actor=inside.lin.actor, customer_id=wang.pk, share_id=given.pk, now=now)
    assert not Share.objects.exists()
    actions.undo_change(actor=inside.lin.actor, undo_id=kept.pk, now=now)
    (back,) = Share.objects.all()
    assert (back.pk, back.may_write, back.reason) == (given.pk, True, "项目")


def test_a_share_names_one_active_recipient(inside: Company, wang: Customer, now: Now) -> None:
    for wrong in (
        {},
        {"member_id": wang.pk},
        {"unit_id": wang.pk},
        {"member_id": inside.wu.member.pk, "unit_id": inside.units["总部"].pk},
    ):
        with pytest.raises(Invalid):
            share(inside.lin, wang, now, **wrong)


def test_another_company_cannot_be_shared_with(
    other: Company, inside: Company, wang: Customer, now: Now
) -> None:
    with pytest.raises(Invalid):
        share(inside.lin, wang, now, member_id=other.wu.member.pk)


def test_bulk_changes_pass_over_what_is_shared_to_read(inside: Company, wang: Customer, now: Now) -> None:
    tag: Tag = actions.create_tag(actor=inside.lin.actor, name="重点", now=now)
    share(inside.lin, wang, now, member_id=inside.wu.member.pk)
    chosen = Selection((wang.pk,))
    done = actions.tag_customers(actor=inside.wu.actor, selection=chosen, tag_id=tag.pk, now=now)
    assert done.count == 0
    share(inside.lin, wang, now, member_id=inside.wu.member.pk, may_write=True)
    done = actions.tag_customers(actor=inside.wu.actor, selection=chosen, tag_id=tag.pk, now=now)
    assert done.count == 1


def told(customer: Customer) -> list[dict[str, Any]]:
    rows = TimelineEvent.objects.filter(customer=customer, kind=TimelineKind.SHARE)
    return list(rows.order_by("id").values_list("data", flat=True))


def test_sharing_and_its_end_stand_on_the_timeline(inside: Company, wang: Customer, now: Now) -> None:
    share(inside.lin, wang, now, member_id=inside.wu.member.pk)
    ended = Share.objects.get()
    kept = actions.end_share(actor=inside.lin.actor, customer_id=wang.pk, share_id=ended.pk, now=now)
    actions.undo_change(actor=inside.lin.actor, undo_id=kept.pk, now=now)
    assert told(wang) == [
        {"what": "shared", "with": "吴桐", "may_write": False},
        {"what": "ended", "with": "吴桐"},
        {"what": "shared", "with": "吴桐"},
    ]


def test_shares_of_many_are_ended_and_come_back(inside: Company, wang: Customer, now: Now) -> None:
    other = actions.create_customer(actor=inside.lin.actor, name="李雷", now=now)
    theirs = actions.create_customer(actor=inside.wu.actor, name="韩梅梅", now=now)
    for customer in (wang, other):
        share(inside.lin, customer, now, member_id=inside.wu.member.pk, reason="代班")
        share(inside.lin, customer, now, unit_id=inside.units["客服中心"].pk)
    share(inside.wu, theirs, now, member_id=inside.lin.member.pk)
    everything = Selection(where=CustomerFilter())
    with_wu = Sharing(member_id=inside.wu.member.pk)
    done = actions.end_shares(actor=inside.lin.actor, selection=everything, sharing=with_wu, now=now)
    assert done.count == 2
    assert set(Share.objects.values_list("customer", "unit__name")) == {
        (wang.pk, "客服中心"), (other.pk, "客服中心"), (theirs.pk, None),
    }  # fmt: skip
    actions.undo_change(actor=inside.lin.actor, undo_id=done.undo_id, now=now)  # type: ignore[arg-type]
    assert set(Share.objects.filter(member=inside.wu.member.pk).values_list("reason", flat=True)) == {"代班"}
    assert actions.end_shares(actor=inside.lin.actor, selection=everything, now=now).count == 2
    assert Share.objects.get().customer_id == theirs.pk
    entries = AuditEntry.objects.filter(action="customers.sharing_ended", subject_id=wang.pk)
    assert entries.count() == 2


def test_shares_whose_giver_left_are_taken_over_or_ended(inside: Company, wang: Customer, now: Now) -> None:
    other = actions.create_customer(actor=inside.lin.actor, name="李雷", now=now)
    for customer in (wang, other):
        share(inside.lin, customer, now, member_id=inside.wu.member.pk)
    ma = inside.ma.actor
    assert queries.left_shares(ma).rows == []
    members.deactivate_member(actor=inside.gao.actor, member_id=inside.lin.member.pk, now=now)
    ids = [each.pk for each in queries.left_shares(ma).rows]
    assert len(ids) == 2
    with pytest.raises(PermissionDenied):
        actions.end_left_shares(actor=inside.chen.actor, share_ids=ids, now=now)
    first = Share.objects.get(customer=wang)
    later = now + DAY
    done = actions.take_over_shares(actor=ma, share_ids=[first.pk], now=later)
    assert Share.objects.get(customer=wang).shared_by_id == inside.ma.member.pk
    assert [each.customer_id for each in queries.left_shares(ma).rows] == [other.pk]
    actions.undo_change(actor=ma, undo_id=done.undo_id, now=later)  # type: ignore[arg-type]
    assert Share.objects.get(customer=wang).shared_by_id == inside.lin.member.pk
    ended = actions.end_left_shares(actor=ma, share_ids=ids, now=later)
    assert (ended.count, Share.objects.count()) == (2, 0)
    actions.undo_change(actor=ma, undo_id=ended.undo_id, now=later)  # type: ignore[arg-type]
    assert Share.objects.count() == 2


def test_a_team_is_named_explained_and_found(inside: Company, wang: Customer, now: Now) -> None:
    chen, wu = inside.chen.member, inside.wu.member
    share(inside.lin, wang, now, member_id=wu.pk, part=" 技术  支持 ", may_write=True)
    share(inside.lin, wang, now, member_id=chen.pk, reason="代班")
    assert [(each.member.name, each.part) for each in queries.team_of(wang.pk) if each.member] == [
        ("吴桐", "技术 支持")
    ]
    explained = queries.explain_access(inside.gao.actor, wang.pk, wu.pk)
    assert [each.reason for each in explained.grounds] == ["team"]
    assert sees(inside.wu, wang, "write")

    def found(op: str, *values: str) -> list[str]:
        node = {"field": "team", "op": op, **({"value": values} if values else {})}
        return listed(inside.lin.actor, filter=json.dumps({"of": [node]}))

    other = actions.create_customer(actor=inside.lin.actor, name="李雷", now=now)
    assert found("in", str(wu.pk)) == found("filled") == ["王小明"]
    assert found("in", str(chen.pk)) == []
    assert found("not_in", str(wu.pk)) == found("empty") == [other.name]
    told = TimelineEvent.objects.filter(customer=wang.pk, kind=TimelineKind.SHARE, data__part="技术 支持")
    assert told.count() == 1
    page = inside.lin.client.get(f"/customers/{wang.pk}/").content.decode()
    assert "技术 支持" in page
    actions.share_customers(
        actor=inside.lin.actor,
        selection=Selection((wang.pk,)),
        sharing=Sharing(member_id=wu.pk),
        now=now + DAY,
    )
    assert queries.team_of(wang.pk) == []


def test_taking_back_gives_back_the_part_too(inside: Company, wang: Customer, now: Now) -> None:
    share(inside.lin, wang, now, member_id=inside.wu.member.pk, part="技术")
    done = share(inside.lin, wang, now + DAY, member_id=inside.wu.member.pk)
    actions.undo_change(actor=inside.lin.actor, undo_id=done.undo_id, now=now + DAY)  # type: ignore[arg-type]
    assert [each.part for each in queries.team_of(wang.pk)] == ["技术"]


def test_whose_day_has_come_is_not_of_the_team_and_a_unit_never(
    inside: Company, wang: Customer, now: Now
) -> None:
    with pytest.raises(Invalid) as refused:
        share(inside.lin, wang, now, unit_id=inside.units["华南大区"].pk, part="技术")
    assert refused.value.field == "part"
    share(inside.lin, wang, now, member_id=inside.wu.member.pk, part="技术")
    Share.objects.update(ends_at=now - DAY)
    assert queries.team_of(wang.pk) == []


def test_a_merge_leaves_nobody_out_of_the_team_and_its_undo_makes_nobody_one(
    inside: Company, wang: Customer, now: Now
) -> None:
    other = actions.create_customer(actor=inside.lin.actor, name="王晓明", now=now)
    share(inside.lin, wang, now, member_id=inside.wu.member.pk)
    share(inside.lin, other, now, member_id=inside.wu.member.pk, part="技术")
    done = actions.merge_customers(
        actor=inside.gao.actor, survivor_id=wang.pk, customer_ids=[wang.pk, other.pk], now=now
    )
    assert [each.part for each in queries.team_of(wang.pk)] == ["技术"]
    actions.undo_merge(actor=inside.gao.actor, merge_id=done.merge.pk, now=now + DAY)
    assert queries.team_of(wang.pk) == []
    assert [each.part for each in queries.team_of(other.pk)] == ["技术"]


SORTS = ("name", "-name", "created", "-created", "value", "-value", "alive", "-last", "spend")


def _pages(actor: Actor, sort: Any, **where: Any) -> list[str]:
    names: list[str] = []
    token = ""
    while True:
        page = queries.list_customers(actor, CustomerFilter(**where), sort=sort, after=token, limit=2)
        names += [row["name"] for row in page.rows]
        if not page.next:
            return names
        token = page.next


@pytest.mark.parametrize("sort", SORTS)
def test_many_shares_are_met_on_the_way_through_a_list_and_few_looked_up(
    inside: Company, now: Now, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    for number in range(9):
        mine, theirs = (
            actions.create_customer(
                actor=who.actor, name=f"{who.member.name}{number}", status=status, now=now + number * DAY
            )
            for who, status in ((inside.wu, "potential"), (inside.lin, ("target", "potential")[number % 2]))
        )
        if number % 3:
            share(inside.lin, theirs, now, member_id=inside.wu.member.pk)
            for each in (mine, theirs) if number % 2 else ():
                value = None if number == 5 else number
                worth(
                    each,
                    now,
                    value=value,
                    alive=value and value / 9,
                    last_at=now - number * DAY,
                    spend=number,
                )
    actor = inside.wu.actor
    asked: tuple[dict[str, Any], ...] = ({}, {"status": ["potential"]}, {"status": ["potential", "target"]})
    few = [_pages(actor, sort, **each) for each in asked]
    assert [len(each) for each in few] == [15, 12, 15]
    monkeypatch.setattr(access, "MANY_SHARES", 1)
    with CaptureQueriesContext(connection) as ran:
        assert [_pages(actor, sort, **each) for each in asked] == few
    assert any("IS TRUE" in each["sql"] for each in ran.captured_queries)


def test_who_sees_a_part_finds_it_in_order_and_nothing_else(inside: Company, now: Now) -> None:
    for number in range(7):
        who = (inside.lin, inside.wu)[number % 2]
        actions.create_customer(actor=who.actor, name=f"王{number}号", now=now)
    other = Customer.objects.get(name="王2号")
    share(inside.lin, other, now, member_id=inside.wu.member.pk)
    for sort in ("name", "-name"):
        names = ["王1号", "王2号", "王3号", "王5号"]
        assert _pages(inside.wu.actor, sort, q="王") == (names if sort == "name" else names[::-1])
    found = queries.quick_search(inside.wu.actor, "王", limit=3)
    assert [row["name"] for row in found] == ["王1号", "王2号", "王3号"]
    assert queries.count_customers(inside.wu.actor, CustomerFilter(q="王")).number == 4
    assert _pages(inside.wu.actor, "name", q=other.code) == ["王2号"]
    assert _pages(inside.chen.actor, "name", q="王0") == []
