"""A change is taken back: exactly what was there returns, and what was changed since stays."""

import datetime
import re
import uuid

import pytest
from django.utils.translation import gettext as _

from tests.cast import Company, company
from zhiyin.accounts.models import Member
from zhiyin.customers import actions, queries, tasks
from zhiyin.customers.choices import UndoKind
from zhiyin.customers.models import Customer, CustomerTag, Note, Undo
from zhiyin.platform.errors import Conflict, NotFound, PermissionDenied
from zhiyin.platform.jobs import run_now
from zhiyin.platform.models import AuditEntry

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


@pytest.fixture
def three(inside: Company, now: Now) -> list[Customer]:
    """One of Lin's, one of Wu's, one of nobody's."""
    lin, wu, gao = inside.lin.actor, inside.wu.actor, inside.gao.actor
    owners = [(lin, {}), (wu, {}), (gao, {"owner_id": None})]
    return [
        actions.create_customer(actor=who, name=name, now=now, **more)
        for (who, more), name in zip(owners, "甲乙丙", strict=True)
    ]


def _chosen(rows: list[Customer]) -> actions.Selection:
    return actions.Selection(ids=tuple(row.pk for row in rows))


def _owners(rows: list[Customer]) -> list[tuple[uuid.UUID | None, uuid.UUID | None]]:
    found = {row.pk: (row.owner_id, row.unit_id) for row in Customer.objects.all()}
    return [found[row.pk] for row in rows]


def _assign(inside: Company, rows: list[Customer], now: Now) -> uuid.UUID:
    done = actions.assign_customers(
        actor=inside.gao.actor, selection=_chosen(rows), owner_id=inside.an.member.pk, now=now
    )
    assert done.undo_id
    return done.undo_id


def test_owners_and_units_return(inside: Company, three: list[Customer], now: Now) -> None:
    before = _owners(three)
    undo = _assign(inside, three, now)
    assert {owner for owner, _unit in _owners(three)} == {inside.an.member.pk}
    undone = actions.undo_change(actor=inside.gao.actor, undo_id=undo, now=now)
    assert (undone.restored, undone.left) == (3, 0)
    assert _owners(three) == before
    timeline = queries.timeline(three[0].pk, kinds=["owner"]).rows
    assert timeline[0]["data"] == {"from": "安宁", "to": "林岚", "reason": _("Taken back")}
    entry = AuditEntry.objects.get(action="customers.change_undone")
    assert entry.actor_name == "高敏"
    assert entry.changes["customers"] == [None, 3]
    moves = AuditEntry.objects.filter(subject_id=three[0].pk, action="customers.customer_changed")
    to, back = (move.changes["owner_id"] for move in moves.order_by("pk"))
    assert back == to[::-1]


def test_what_somebody_changed_since_stays(inside: Company, three: list[Customer], now: Now) -> None:
    before = _owners(three)
    undo = _assign(inside, three, now)
    actions.update_customer(actor=inside.an.actor, customer_id=three[0].pk, changes={"city": "苏州"}, now=now)
    actions.delete_customer(actor=inside.gao.actor, customer_id=three[2].pk, now=now)
    undone = actions.undo_change(actor=inside.gao.actor, undo_id=undo, now=now)
    assert (undone.restored, undone.left) == (1, 2)
    assert _owners(three[:2]) == [(inside.an.member.pk, inside.an.member.unit_id), before[1]]


def test_it_is_undone_once_and_not_for_ever(inside: Company, three: list[Customer], now: Now) -> None:
    undo = _assign(inside, three, now)
    actions.undo_change(actor=inside.gao.actor, undo_id=undo, now=now)
    with pytest.raises(Conflict):
        actions.undo_change(actor=inside.gao.actor, undo_id=undo, now=now)
    late = _assign(inside, three, now)
    with pytest.raises(Conflict):
        actions.undo_change(actor=inside.gao.actor, undo_id=late, now=now + 8 * DAY)
    _assign(inside, three, now + 8 * DAY)
    assert not Undo.objects.filter(pk__in=[undo, late]).exists()


def test_who_gave_a_customer_away_takes_it_back_and_nobody_else(
    inside: Company, three: list[Customer], now: Now
) -> None:
    ma = inside.ma.actor
    done = actions.assign_customers(actor=ma, selection=_chosen(three), owner_id=None, now=now)
    assert done.count == 1
    assert done.undo_id
    Customer.objects.filter(pk=three[0].pk).update(unit=inside.units["客服中心"])
    for other in (inside.lin, inside.chen):
        with pytest.raises(NotFound):
            actions.undo_change(actor=other.actor, undo_id=done.undo_id, now=now)
    with pytest.raises(PermissionDenied):
        actions.undo_change(actor=inside.xu.actor, undo_id=done.undo_id, now=now)
    assert actions.undo_change(actor=ma, undo_id=done.undo_id, now=now).restored == 1
    assert _owners(three)[0][0] == inside.lin.member.pk


def test_a_tag_leaves_only_where_it_was_put(inside: Company, three: list[Customer], now: Now) -> None:
    actor = inside.gao.actor
    tag = actions.create_tag(actor=actor, name="VIP", now=now)
    actions.set_tags(actor=actor, customer_id=three[0].pk, tag_ids=[tag.pk], now=now)
    done = actions.tag_customers(actor=actor, selection=_chosen(three), tag_id=tag.pk, now=now)
    assert (done.count, CustomerTag.objects.count()) == (2, 3)
    # taken off and put on again by somebody: that is theirs
    actions.set_tags(actor=actor, customer_id=three[1].pk, tag_ids=[], now=now)
    actions.set_tags(actor=actor, customer_id=three[1].pk, tag_ids=[tag.pk], now=now)
    assert done.undo_id
    undone = actions.undo_change(actor=actor, undo_id=done.undo_id, now=now)
    assert (undone.restored, undone.left) == (1, 1)
    carried = set(CustomerTag.objects.values_list("customer_id", flat=True))
    assert carried == {three[0].pk, three[1].pk}


def test_a_tag_taken_off_returns(inside: Company, three: list[Customer], now: Now) -> None:
    actor = inside.gao.actor
    tag = actions.create_tag(actor=actor, name="VIP", now=now)
    for row in three[:2]:
        actions.set_tags(actor=actor, customer_id=row.pk, tag_ids=[tag.pk], now=now)
    done = actions.untag_customers(actor=actor, selection=_chosen(three), tag_id=tag.pk, now=now)
    actions.set_tags(actor=actor, customer_id=three[0].pk, tag_ids=[tag.pk], now=now)
    assert done.undo_id
    undone = actions.undo_change(actor=actor, undo_id=done.undo_id, now=now)
    assert (undone.restored, undone.left) == (1, 1)
    assert CustomerTag.objects.count() == 2
    again = actions.untag_customers(actor=actor, selection=_chosen(three), tag_id=tag.pk, now=now)
    actions.delete_tag(actor=actor, tag_id=tag.pk, now=now)
    assert again.undo_id
    assert actions.undo_change(actor=actor, undo_id=again.undo_id, now=now).left == 2


def test_tags_of_customers_out_of_reach_stay_as_they_are(
    inside: Company, three: list[Customer], now: Now
) -> None:
    lin = inside.lin.actor
    tag = actions.create_tag(actor=lin, name="VIP", now=now)
    put = actions.tag_customers(actor=lin, selection=_chosen(three), tag_id=tag.pk, now=now)
    Customer.objects.filter(pk=three[0].pk).update(owner=inside.wu.member)
    assert put.undo_id
    assert actions.undo_change(actor=lin, undo_id=put.undo_id, now=now).left == 1
    assert CustomerTag.objects.count() == 1
    Customer.objects.filter(pk=three[0].pk).update(owner=inside.lin.member)
    off = actions.untag_customers(actor=lin, selection=_chosen(three), tag_id=tag.pk, now=now)
    Customer.objects.filter(pk=three[0].pk).update(owner=inside.wu.member)
    assert off.undo_id
    assert actions.undo_change(actor=lin, undo_id=off.undo_id, now=now).left == 1
    assert not CustomerTag.objects.exists()


def test_nothing_returns_to_who_was_shut_out_since(inside: Company, three: list[Customer], now: Now) -> None:
    undo = _assign(inside, three, now)
    Member.objects.filter(pk=inside.wu.member.pk).update(is_active=False)
    undone = actions.undo_change(actor=inside.gao.actor, undo_id=undo, now=now)
    assert (undone.restored, undone.left) == (2, 1)
    assert [owner for owner, _unit in _owners(three)] == [inside.lin.member.pk, inside.an.member.pk, None]


def test_a_note_returns_as_it_was(inside: Company, three: list[Customer], now: Now) -> None:
    lin, key = inside.lin.actor, three[0].pk
    note = actions.add_note(actor=lin, customer_id=key, body="周二回电", now=now)
    actions.pin_note(actor=lin, customer_id=key, note_id=note.pk, pinned=True, now=now)
    before = Note.objects.values().get(pk=note.pk)
    removed = actions.remove_note(actor=lin, customer_id=key, note_id=note.pk, now=now + DAY)
    with pytest.raises(NotFound):
        actions.undo_change(actor=inside.chen.actor, undo_id=removed.pk, now=now + DAY)
    undone = actions.undo_change(actor=lin, undo_id=removed.pk, now=now + DAY)
    assert (undone.what, undone.restored) == (UndoKind.NOTE_REMOVED, 1)
    assert Note.objects.values().get(pk=note.pk) == before
    row = queries.timeline(key, kinds=["note"]).rows[0]
    assert (row["data"], row["occurred_at"], row["object_id"]) == ({"body": "周二回电"}, now, note.pk)


def test_a_changed_note_returns_unless_it_was_changed_again(
    inside: Company, three: list[Customer], now: Now
) -> None:
    lin, key = inside.lin.actor, three[0].pk
    note = actions.add_note(actor=lin, customer_id=key, body="一", now=now)

    def change(body: str, days: int) -> uuid.UUID:
        return actions.change_note(
            actor=lin, customer_id=key, note_id=note.pk, body=body, now=now + days * DAY
        ).pk

    first, second = change("二", 1), change("三", 2)
    assert actions.undo_change(actor=lin, undo_id=second, now=now + 3 * DAY).restored == 1
    assert Note.objects.get().body == "二"
    change("四", 3)
    undone = actions.undo_change(actor=lin, undo_id=first, now=now + 3 * DAY)
    assert (undone.restored, undone.left) == (0, 1)
    assert queries.timeline(key, kinds=["note"]).rows[0]["data"] == {"body": "四"}


def test_an_administrator_cannot_write_anothers_note_again(
    inside: Company, three: list[Customer], now: Now
) -> None:
    lin, key = inside.lin.actor, three[0].pk
    note = actions.add_note(actor=lin, customer_id=key, body="一", now=now)
    removed = actions.remove_note(actor=lin, customer_id=key, note_id=note.pk, now=now)
    assert actions.undo_change(actor=inside.gao.actor, undo_id=removed.pk, now=now).restored == 0
    assert not Note.objects.exists()


@pytest.mark.usefixtures("committed")
def test_many_are_undone_in_a_job(now: Now, monkeypatch: pytest.MonkeyPatch) -> None:
    cast = company(f"undo-{uuid.uuid4().hex[:8]}")
    gao = cast.gao.actor
    with cast.scope():
        rows = [actions.create_customer(actor=gao, name=name, now=now) for name in "甲乙"]
        before = _owners(rows)
        undo = _assign(cast, rows, now)
        monkeypatch.setattr(actions.bulk, "BULK_AT_ONCE", 1)
        undone = actions.undo_change(actor=gao, undo_id=undo, now=now)
    assert tasks.CHANGES
    assert undone.job
    assert run_now(undone.job).result == {"restored": 2, "left": 0}
    with cast.scope():
        assert _owners(rows) == before


def test_the_message_offers_it_and_says_what_came_of_it(
    inside: Company, three: list[Customer], now: Now
) -> None:
    client, page = inside.gao.client, "/customers/"
    client.cookies["zhiyin_language"] = "en"
    choice = {"action": "assign", "owner": str(inside.an.member.pk), "ids": [str(row.pk) for row in three]}
    shown = client.post("/customers/bulk/", choice, follow=True).content.decode()
    (address,) = re.findall(r'hx-post="(/customers/undo/[^"]+)"', shown)
    actions.update_customer(actor=inside.gao.actor, customer_id=three[0].pk, changes={"city": "苏"}, now=now)
    answer = client.post(address, headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"
    told = client.get(page).content.decode()
    assert "2 customers are as before. 1 was changed since and stays as it is." in told
    assert client.post(address, headers={"HX-Request": "true"}).status_code == 409


def test_a_removed_note_is_offered_back(inside: Company, three: list[Customer], now: Now) -> None:
    lin, key = inside.lin.actor, three[0].pk
    note = actions.add_note(actor=lin, customer_id=key, body="周二回电", now=now)
    shown = inside.lin.client.post(f"/customers/{key}/notes/{note.pk}/remove/", follow=True).content.decode()
    (address,) = re.findall(r'hx-post="(/customers/undo/[^"]+)"', shown)
    inside.lin.client.post(address, headers={"HX-Request": "true"})
    assert Note.objects.get().body == "周二回电"
