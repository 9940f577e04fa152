"""Whatever is done between a merge and its undoing, the outcome is that of never having merged, by the rule.

A model of plain dictionaries does the same steps without any merge: things that are of a file stay of it, what is
born while the files are one is the survivor's, and fields edited then are the survivor's.
"""

import datetime
import uuid
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import Company
from zhiyin.commerce.models import Order
from zhiyin.customers import actions
from zhiyin.customers.actions import PoolRules, Selection
from zhiyin.customers.models import ContactPoint, Customer, CustomerTag, Note
from zhiyin.customers.sealing import in_clear
from zhiyin.platform.errors import Conflict
from zhiyin.platform.tenancy import with_gone

FILES = st.integers(0, 2)
PHONES = [f"1380013800{digit}" for digit in range(3)]
BEFORE = st.one_of(
    st.tuples(st.just("phone"), FILES, st.integers(0, 2)),
    st.tuples(st.just("tag"), FILES, st.integers(0, 1)),
    st.tuples(st.just("note"), FILES, st.just(0)),
    st.tuples(st.just("order"), FILES, st.just(0)),
    st.tuples(st.just("pool"), FILES, st.just(0)),
    st.tuples(st.sampled_from(["city", "country"]), FILES, st.integers(0, 2)),
)
SINCE = st.one_of(
    st.tuples(st.just("note"), st.just(0)),
    st.tuples(st.just("order"), st.just(0)),
    st.tuples(st.just("return"), st.integers(0, 5)),
    st.tuples(st.just("edit_note"), st.integers(0, 5)),
    st.tuples(st.just("drop_note"), st.integers(0, 5)),
    st.tuples(st.just("drop_phone"), st.integers(0, 2)),
    st.tuples(st.sampled_from(["city", "country"]), st.integers(0, 2)),
)
PLACES = ["", "上海", "北京"]


class World:
    """The customers in the database, and beside them what should be there once the merge is undone."""

    def __init__(self, company: Company, now: datetime.datetime) -> None:
        self.gao, self.now = company.gao.actor, now
        self.files = [actions.create_customer(actor=self.gao, name=f"客户{n}", now=now) for n in range(3)]
        self.tags = [actions.create_tag(actor=self.gao, name=uuid.uuid4().hex, now=now) for _ in range(2)]
        self.fields = [{"city": "", "country": ""} for _ in range(3)]
        self.phones: list[set[str]] = [set(), set(), set()]
        self.tagged: list[set[int]] = [set(), set(), set()]
        self.notes: dict[Any, tuple[int, str]] = {}
        self.orders: dict[Any, int] = {}
        self.edited: dict[str, str] = {}
        self.pool = actions.create_pool(actor=self.gao, rules=PoolRules(uuid.uuid4().hex), now=now)
        self.pooled: set[int] = set()

    def before(self, what: str, file: int, value: int) -> None:
        about: dict[str, Any] = {"actor": self.gao, "customer_id": self.files[file].pk, "now": self.now}
        match what:
            case "phone":
                if PHONES[value] not in self.phones[file]:
                    actions.add_contact(kind="phone", value=PHONES[value], **about)
                    self.phones[file].add(PHONES[value])
            case "tag":
                self.tagged[file].add(value)
                actions.set_tags(tag_ids=[self.tags[n].pk for n in self.tagged[file]], **about)
            case "note":
                self.notes[actions.add_note(body="旧", **about).pk] = (file, "旧")
            case "order":
                self._order(file)
            case "pool":
                if file not in self.pooled:
                    self.pooled.add(file)
                    self._into_pool(file)
            case _:
                actions.update_customer(changes={what: PLACES[value]}, **about)
                self.fields[file][what] = PLACES[value]

    def _into_pool(self, file: int) -> None:
        chosen = Selection((self.files[file].pk,))
        about: dict[str, Any] = {"actor": self.gao, "pool_id": self.pool.pk, "reason": "忙", "now": self.now}
        actions.return_customers(selection=chosen, **about)

    def _order(self, file: int, returns: Any = None, holder: int | None = None) -> None:
        made = Order.objects.create(
            customer=self.files[file],
            number=str(len(self.orders)),
            ordered_at=self.now,
            currency="CNY",
            returns_id=returns,
        )
        self.orders[made.pk] = file if holder is None else holder

    def merge(self, *others: int, rule: str) -> actions.Merged:
        done = actions.merge_customers(
            actor=self.gao,
            survivor_id=self.files[0].pk,
            customer_ids=[self.files[n].pk for n in others],
            rule=rule,
            now=self.now,
        )
        self.written = {name: new for name, (_old, new) in done.changed.items()}
        return done

    def since(self, what: str, value: int) -> None:
        """A step on the survivor while the files are one."""
        about: dict[str, Any] = {"actor": self.gao, "customer_id": self.files[0].pk, "now": self.now}
        notes = sorted(self.notes)
        match what:
            case "note":
                self.notes[actions.add_note(body="新", **about).pk] = (0, "新")
            case "order":
                self._order(0)
            case "return" if self.orders:
                order = sorted(self.orders)[value % len(self.orders)]
                self._order(0, returns=order, holder=self.orders[order])
            case "edit_note" if notes:
                key = notes[value % len(notes)]
                actions.change_note(note_id=key, body="改", **about)
                self.notes[key] = (self.notes[key][0], "改")
            case "drop_note" if notes:
                key = notes[value % len(notes)]
                actions.remove_note(note_id=key, **about)
                del self.notes[key]
            case "drop_phone":
                self._drop_phone(PHONES[value], about)
            case "city" | "country":
                actions.update_customer(changes={what: PLACES[value]}, **about)
                self.edited[what] = PLACES[value]

    def _drop_phone(self, phone: str, about: dict[str, Any]) -> None:
        points = in_clear(ContactPoint.objects.filter(customer=self.files[0]))
        point = next((each for each in points if each.value_key == f"+86{phone}"), None)
        if point is None:
            return
        # of equal ones the survivor's, else the first one's that came, stands for all
        holder = next(n for n in range(3) if phone in self.phones[n])
        actions.remove_contact(contact_id=point.pk, **about)
        self.phones[holder].discard(phone)

    def check(self) -> None:
        ids = {each.pk: n for n, each in enumerate(self.files)}
        with with_gone():
            rows = {ids[row.pk]: row for row in Customer.objects.filter(pk__in=ids)}
        assert [(row.gone, row.merged_into) for row in rows.values()] == [("", None)] * 3
        # as the merge wrote it means that nobody edited it
        edits = {name: value for name, value in self.edited.items() if self.written.get(name) != value}
        self.fields[0] |= edits
        for n, wanted in enumerate(self.fields):
            assert {"city": rows[n].city, "country": rows[n].country} == wanted
        assert {n for n, row in rows.items() if row.pool_id} == self.pooled
        points = list(ContactPoint.objects.filter(customer__in=ids))
        assert all((each.sealed is not None) == (ids[each.customer_id] in self.pooled) for each in points)
        assert sorted((ids[each.customer_id], each.value_key) for each in in_clear(points)) == sorted(
            (n, f"+86{phone}") for n in range(3) for phone in self.phones[n]
        )
        links = CustomerTag.objects.filter(customer__in=ids).values_list("customer_id", "tag_id")
        assert sorted((ids[key], tag) for key, tag in links) == sorted(
            (n, self.tags[tag].pk) for n in range(3) for tag in self.tagged[n]
        )
        notes = Note.objects.filter(customer__in=ids)
        assert {note.pk: (ids[note.customer_id], note.body) for note in notes} == self.notes
        orders = Order.objects.filter(customer__in=ids).values_list("pk", "customer_id")
        assert {key: ids[customer] for key, customer in orders} == self.orders


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    before=st.lists(BEFORE, max_size=10),
    since=st.lists(SINCE, max_size=8),
    rule=st.sampled_from(["survivor", "newest", "longest"]),
    three=st.booleans(),
)
def test_a_merge_undone_leaves_what_never_merging_would(
    inside: Company,
    now: datetime.datetime,
    before: list[tuple[str, int, int]],
    since: list[tuple[str, int]],
    rule: str,
    three: bool,
) -> None:
    Order.objects.all().delete()
    world = World(inside, now)
    for what, file, value in before:
        world.before(what, file, value)
    done = world.merge(1, *([2] if three else []), rule=rule)
    for what, value in since:
        if what in ("edit_note", "drop_note", "return") and not three:
            continue
        world.since(what, value)
    actions.undo_merge(actor=world.gao, merge_id=done.merge.pk, now=now + datetime.timedelta(weeks=5))
    world.check()


def test_the_model_itself_can_fail(inside: Company, now: datetime.datetime) -> None:
    """A control: without the undoing the check does not hold."""
    world = World(inside, now)
    world.before("note", 1, 0)
    world.merge(1, rule="survivor")
    try:
        world.check()
    except AssertionError:
        return
    raise Conflict
