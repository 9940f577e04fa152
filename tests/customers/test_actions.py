"""What people do with customers, and what each change leaves behind."""

import datetime
from dataclasses import replace

import pytest

from tests.cast import Company
from zhiyin.customers import actions, queries
from zhiyin.customers.actions.records import CodeTaken
from zhiyin.customers.actions.tags import TagTaken
from zhiyin.customers.models import Customer, CustomerTag, SavedView
from zhiyin.platform.errors import Conflict, DomainError, Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry, OutboxEvent

Now = datetime.datetime


def _kinds(customer: Customer) -> list[str]:
    return [row["kind"] for row in queries.timeline(customer.id).rows]


def test_creating_writes_row_keys_timeline_audit_and_event(inside: Company, now: Now) -> None:
    lin = inside.lin
    customer = actions.create_customer(
        actor=lin.actor, name="  杭州 明远电器有限公司 ", code="C 001", kind="organisation", now=now
    )
    customer.refresh_from_db()
    assert (customer.name, customer.code, customer.code_key) == ("杭州 明远电器有限公司", "C 001", "c001")
    assert customer.name_key == "hang zhou ming yuan dian qi you xian gong si"
    assert (customer.owner_id, customer.unit_id) == (lin.member.pk, lin.member.unit_id)
    assert _kinds(customer) == ["created"]
    entry = AuditEntry.objects.get(subject_id=customer.id)
    assert entry.action == "customers.customer_created"
    assert entry.changes["name"] == [None, customer.name]
    assert OutboxEvent.objects.get(subject_id=customer.id).data == {"customer_id": str(customer.id)}


def test_a_code_that_differs_only_by_blanks_or_case_is_taken(inside: Company, now: Now) -> None:
    actions.create_customer(actor=inside.lin.actor, name="甲", code="ab 12", now=now)
    with pytest.raises(CodeTaken) as refused:
        actions.create_customer(actor=inside.wu.actor, name="乙", code="ＡＢ12 ", now=now)
    assert refused.value.field == "code"
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a", "kind": "ghost"}, "kind"),
        ({"name": "a", "status": ""}, "status"),
        ({"name": "a\0"}, "name"),
        ({"name": "a", "version": 3}, "version"),
        ({"name": "a", "code": " \u3000"}, "code"),
    ],
)
def test_bad_values_are_refused_with_their_field(inside: Company, now: Now, values: dict, field: str) -> None:
    if values.get("code"):
        values = {**values, "code": "\u3000"}
    with pytest.raises(Invalid) as refused:
        actions.create_customer(actor=inside.gao.actor, **values, now=now)
    assert refused.value.field == field
    assert not Customer.objects.exists()


def test_the_second_of_two_editors_is_told(inside: Company, now: Now) -> None:
    actor = inside.gao.actor
    customer = actions.create_customer(actor=actor, name="甲", now=now)
    changed = actions.update_customer(
        actor=actor, customer_id=customer.id, changes={"city": "上海"}, version=1, now=now
    )
    assert changed.version == 2
    with pytest.raises(Conflict):
        actions.update_customer(
            actor=actor, customer_id=customer.id, changes={"city": "杭州"}, version=1, now=now
        )
    assert Customer.objects.get().city == "上海"


def test_a_change_that_changes_nothing_leaves_nothing(inside: Company, now: Now) -> None:
    actor = inside.gao.actor
    customer = actions.create_customer(actor=actor, name="甲", city="上海", now=now)
    before = AuditEntry.objects.count()
    actions.update_customer(actor=actor, customer_id=customer.id, changes={"city": " 上海"}, now=now)
    assert AuditEntry.objects.count() == before
    assert Customer.objects.get().version == 1


def test_owner_and_status_changes_are_on_the_timeline(inside: Company, now: Now) -> None:
    customer = actions.create_customer(actor=inside.lin.actor, name="甲", now=now)
    later = now + datetime.timedelta(minutes=1)
    actions.update_customer(
        actor=inside.ma.actor,
        customer_id=customer.id,
        changes={"owner_id": inside.chen.member.pk, "status": "target"},
        reason="展会",
        now=later,
    )
    rows = queries.timeline(customer.id).rows
    assert {row["kind"]: row["data"] for row in rows[:2]} == {
        "owner": {"from": "林岚", "to": "陈晨"},
        "status": {"status": ["potential", "target"], "reason": "展会"},
    }


def test_nobody_gives_a_customer_beyond_his_reach(inside: Company, now: Now) -> None:
    customer = actions.create_customer(actor=inside.lin.actor, name="甲", now=now)
    for actor, owner in [(inside.lin.actor, inside.chen), (inside.ma.actor, inside.wu)]:
        with pytest.raises(Invalid):
            actions.update_customer(
                actor=actor, customer_id=customer.id, changes={"owner_id": owner.member.pk}, now=now
            )
    assert Customer.objects.get().owner_id == inside.lin.member.pk


def test_each_write_asks_for_its_permission(inside: Company, now: Now) -> None:
    actor, customer = inside.xu.actor, actions.create_customer(actor=inside.lin.actor, name="甲", now=now)
    tag = actions.create_tag(actor=inside.lin.actor, name="VIP", now=now)
    selection = actions.Selection(ids=(customer.id,))
    before = AuditEntry.objects.count()
    refused = [
        lambda: actions.create_customer(actor=actor, name="乙", now=now),
        lambda: actions.update_customer(actor=actor, customer_id=customer.id, changes={"city": "x"}, now=now),
        lambda: actions.delete_customer(actor=inside.lin.actor, customer_id=customer.id, now=now),
        lambda: actions.add_contact(
            actor=actor, customer_id=customer.id, kind="email", value="a@b.cn", now=now
        ),
        lambda: actions.add_note(actor=actor, customer_id=customer.id, body="x", now=now),
        lambda: actions.set_tags(actor=actor, customer_id=customer.id, tag_ids=[tag.id], now=now),
        lambda: actions.create_tag(actor=actor, name="x", now=now),
        lambda: actions.delete_tag(actor=actor, tag_id=tag.id, now=now),
        lambda: actions.tag_customers(actor=actor, selection=selection, tag_id=tag.id, now=now),
        lambda: actions.assign_customers(actor=actor, selection=selection, owner_id=None, now=now),
        lambda: actions.export_customers(
            actor=inside.lin.actor, selection=selection, columns=[], style="csv", now=now
        ),
        lambda: actions.save_view(actor=actor, page="customers", name="x", query="", shared=True, now=now),
    ]
    for attempt in refused:
        with pytest.raises(PermissionDenied):
            attempt()
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("138 0013 8000", "+8613800138000"),
        ("0571-8888 6666", "+8657188886666"),
        ("+44 20 7946 0018", "+442079460018"),
        ("１３８００１３８０００", "+8613800138000"),
    ],
)
def test_phones_are_kept_as_e164(inside: Company, now: Now, value: str, key: str) -> None:
    actor = inside.gao.actor
    customer = actions.create_customer(actor=actor, name="甲", now=now)
    point = actions.add_contact(actor=actor, customer_id=customer.id, kind="phone", value=value, now=now)
    assert (point.value_key, point.is_primary) == (key, True)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("phone", "12"), ("phone", "call me"), ("email", "a@"), ("email", ""), ("address", " "), ("fax", "1")],
)
def test_what_cannot_be_reached_is_refused(inside: Company, now: Now, kind: str, value: str) -> None:
    actor = inside.gao.actor
    customer = actions.create_customer(actor=actor, name="甲", now=now)
    with pytest.raises(Invalid):
        actions.add_contact(actor=actor, customer_id=customer.id, kind=kind, value=value, now=now)


def test_there_is_one_primary_contact_of_each_kind(inside: Company, now: Now) -> None:
    actor = inside.gao.actor
    customer = actions.create_customer(actor=actor, name="甲", now=now)

    def add(value: str, **more: bool):  # type: ignore[no-untyped-def]
        return actions.add_contact(
            actor=actor, customer_id=customer.id, kind="phone", value=value, now=now, **more
        )

    first, second = add("13800138000"), add("13900139000", is_primary=True)
    with pytest.raises(Conflict):
        add("+86 138 0013 8000")
    assert [point.pk for point in queries.contact_points(inside.gao.actor, customer.id)] == [
        second.pk,
        first.pk,
    ]
    actions.remove_contact(actor=actor, customer_id=customer.id, contact_id=second.pk, now=now)
    first.refresh_from_db()
    assert first.is_primary


def test_only_its_author_changes_a_note(inside: Company, now: Now) -> None:
    customer = actions.create_customer(actor=inside.lin.actor, name="甲", now=now)
    note = actions.add_note(actor=inside.lin.actor, customer_id=customer.id, body="周二回电", now=now)
    with pytest.raises(PermissionDenied):
        actions.change_note(
            actor=inside.ma.actor, customer_id=customer.id, note_id=note.pk, body="x", now=now
        )
    actions.change_note(
        actor=inside.lin.actor, customer_id=customer.id, note_id=note.pk, body="周三回电", now=now
    )
    assert queries.timeline(customer.id, kinds=["note"]).rows[0]["data"] == {"body": "周三回电"}
    actions.remove_note(actor=inside.lin.actor, customer_id=customer.id, note_id=note.pk, now=now)
    assert _kinds(customer) == ["created"]


def test_tags_are_set_and_counted_once(inside: Company, now: Now) -> None:
    actor = inside.gao.actor
    customers = [actions.create_customer(actor=actor, name=name, now=now) for name in "甲乙丙"]
    vip, dealer = (actions.create_tag(actor=actor, name=name, now=now) for name in ("VIP", "经销商"))
    with pytest.raises(TagTaken):
        actions.create_tag(actor=actor, name=" VIP ", now=now)
    actions.set_tags(actor=actor, customer_id=customers[0].id, tag_ids=[vip.id, dealer.id], now=now)
    chosen = actions.Selection(ids=tuple(each.id for each in customers[:2]))
    assert actions.tag_customers(actor=actor, selection=chosen, tag_id=vip.id, now=now).count == 1
    assert actions.untag_customers(actor=actor, selection=chosen, tag_id=dealer.id, now=now).count == 1
    assert CustomerTag.objects.count() == 2
    everybody = actions.Selection(where=queries.CustomerFilter(tag=[vip.id]))
    assert actions.untag_customers(actor=actor, selection=everybody, tag_id=vip.id, now=now).count == 2


def test_bulk_assignment_reaches_only_what_the_actor_sees(inside: Company, now: Now) -> None:
    mine = actions.create_customer(actor=inside.lin.actor, name="甲", now=now)
    foreign = actions.create_customer(actor=inside.wu.actor, name="乙", now=now)
    chosen = actions.Selection(ids=(mine.id, foreign.id))
    done = actions.assign_customers(
        actor=inside.ma.actor, selection=chosen, owner_id=inside.chen.member.pk, now=now
    )
    mine.refresh_from_db()
    foreign.refresh_from_db()
    assert done.count == 1
    assert (mine.owner_id, mine.version, foreign.owner_id) == (inside.chen.member.pk, 2, inside.wu.member.pk)
    assert queries.timeline(mine.id, kinds=["owner"]).rows[0]["data"] == {"from": "林岚", "to": "陈晨"}
    entry = AuditEntry.objects.get(action="customers.customers_changed")
    assert entry.changes == {"customers": [None, 1], "owner": [None, "陈晨"]}
    own = AuditEntry.objects.get(action="customers.customer_changed", subject_id=mine.id)
    assert own.changes["owner_id"] == [str(inside.lin.member.pk), str(inside.chen.member.pk)]


def test_an_empty_selection_changes_nothing(inside: Company, now: Now) -> None:
    actions.create_customer(actor=inside.gao.actor, name="甲", now=now)
    done = actions.assign_customers(
        actor=inside.gao.actor, selection=actions.Selection(), owner_id=None, now=now
    )
    assert done.count == 0


def test_large_selections_become_a_job(inside: Company, now: Now, monkeypatch: pytest.MonkeyPatch) -> None:
    from zhiyin.customers import tasks  # noqa: F401

    monkeypatch.setattr(actions.bulk, "BULK_AT_ONCE", 1)
    actor = inside.gao.actor
    for name in "甲乙":
        actions.create_customer(actor=actor, name=name, now=now)
    selection = actions.Selection(where=queries.CustomerFilter())
    done = actions.assign_customers(actor=actor, selection=selection, owner_id=inside.lin.member.pk, now=now)
    assert done.job is not None
    assert done.job.arguments["values"] == {"owner_id": str(inside.lin.member.pk), "unit_id": None}
    assert not Customer.objects.filter(owner=inside.lin.member).exists()


def test_views_are_ones_own_or_shared(inside: Company, now: Now) -> None:
    lin, chen = inside.lin.actor, inside.chen.actor
    own = actions.save_view(actor=lin, page="customers", name="上海", query="city=上海", now=now)
    again = actions.save_view(actor=lin, page="customers", name="上海", query="q=sh", now=now)
    shared = actions.save_view(actor=lin, page="customers", name="所有", query="", shared=True, now=now)
    assert own.pk == again.pk
    assert [view.name for view in queries.saved_views(lin, "customers")] == ["上海", "所有"]
    assert [view.pk for view in queries.saved_views(chen, "customers")] == [shared.pk]
    with pytest.raises(NotFound):
        actions.delete_view(actor=chen, view_id=own.pk, now=now)
    actions.delete_view(actor=lin, view_id=own.pk, now=now)
    assert [view.pk for view in queries.saved_views(lin, "customers")] == [shared.pk]


def test_a_view_is_renamed_written_over_forgotten_and_had_back(inside: Company, now: Now) -> None:
    lin, chen = inside.lin.actor, inside.chen.actor
    mine, other = (
        actions.save_view(actor=lin, page="customers", name=name, query="q=x", now=now) for name in ("a", "b")
    )
    shared = actions.save_view(actor=lin, page="customers", name="a", query="", shared=True, now=now)
    changed = actions.change_view(
        actor=lin, view_id=mine.pk, name=" new  name ", query="q=y", columns=["code"], now=now
    )
    assert (changed.name, changed.query, changed.columns) == ("new name", "q=y", ["code"])
    assert actions.change_view(actor=lin, view_id=mine.pk, query="q=z", now=now).name == "new name"
    with pytest.raises(Conflict):
        actions.change_view(actor=lin, view_id=mine.pk, name="b", now=now)
    actions.delete_view(actor=lin, view_id=other.pk, now=now)
    assert [view.name for view in queries.saved_views(lin, "customers")] == ["new name", "a"]
    for act in (actions.change_view, actions.delete_view):
        with pytest.raises(NotFound):
            act(actor=lin, view_id=other.pk, now=now)  # type: ignore[operator]
    with pytest.raises(NotFound):
        actions.restore_view(actor=chen, view_id=other.pk, now=now)
    assert actions.restore_view(actor=lin, view_id=other.pk, now=now).name == "b"
    # a forgotten one does not stand in the way of its name
    actions.delete_view(actor=lin, view_id=other.pk, now=now)
    assert actions.change_view(actor=lin, view_id=mine.pk, name="b", now=now).name == "b"
    reader = replace(chen, permissions=chen.permissions - {"customers.edit"})
    for act in (actions.change_view, actions.delete_view):
        with pytest.raises(PermissionDenied):
            act(actor=reader, view_id=shared.pk, now=now)  # type: ignore[operator]
    actions.delete_view(actor=chen, view_id=shared.pk, now=now)
    later = now + datetime.timedelta(days=8)
    again = actions.save_view(actor=lin, page="customers", name="c", query="", now=later)
    actions.delete_view(actor=lin, view_id=again.pk, now=later)
    assert not SavedView.objects.filter(pk=shared.pk).exists()


def test_missing_and_forbidden_look_alike(inside: Company, other: Company, now: Now, stranger) -> None:  # type: ignore[no-untyped-def]
    hidden = actions.create_customer(actor=inside.wu.actor, name="甲", now=now)
    with other.scope():
        foreign = actions.create_customer(actor=other.lin.actor, name="乙", now=now)
    errors: list[DomainError] = []
    for key in (hidden.id, foreign.id, stranger):
        with pytest.raises(NotFound) as refused:
            queries.record_customer(inside.lin.actor, key)
        errors.append(refused.value)
    assert len({str(error.message) for error in errors}) == 1
