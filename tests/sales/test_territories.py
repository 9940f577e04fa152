"""Territories: whom they take on which day, how evenly, and what another cut would move."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.cast import Company, Person
from zhiyin.customers import actions as customers
from zhiyin.customers.filters import Group
from zhiyin.customers.filters.tree import read
from zhiyin.customers.models import Customer
from zhiyin.platform.errors import Conflict, Invalid, NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import TerritoryRules, TerritoryTaken
from zhiyin.sales.models import Territory
from zhiyin.sales.queries import Cut

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


def city(name: str) -> Group:
    return read({"of": [{"field": "city", "op": "contains", "value": name}]})


def rules(now: Now, name: str = "华北", at: str = "北京", **how: Any) -> TerritoryRules:
    return TerritoryRules(**{"name": name, "starts_on": now.date(), "filter": city(at), **how})


def made(who: Person, now: Now, *given: Any, **how: Any) -> Territory:
    return actions.create_territory(actor=who.actor, rules=rules(now, *given, **how), now=now)


def customer(who: Person, now: Now, name: str, at: str) -> Customer:
    return customers.create_customer(actor=who.actor, name=name, city=at, now=now)


def told(cut: Cut) -> dict[str, tuple[int, int]]:
    return {
        each.territory.name if each.territory else "": (each.customers, each.elsewhere) for each in cut.loads
    }


def changed(who: Person, found: Territory, now: Now, **how: Any) -> Territory:
    asked = rules(now, **how)
    return actions.change_territory(
        actor=who.actor, territory_id=found.pk, rules=asked, version=found.version, now=now
    )


def test_a_customer_lies_in_the_first_territory_that_takes_it(inside: Company, now: Now) -> None:
    for name, at in (("甲", "北京"), ("乙", "北京 上海"), ("丙", "上海"), ("丁", "广州")):
        customer(inside.lin, now, name, at)
    customer(inside.chen, now, "戊", "上海")
    gao = inside.gao
    made(gao, now, "华东", "上海", position=2, owner_id=inside.lin.member.pk)
    made(gao, now, position=1, owner_id=inside.chen.member.pk)
    made(gao, now, "华南", "广州", starts_on=now.date() + DAY)
    found = queries.recut(gao.actor, on=now.date(), today=now.date())
    assert told(found.then) == {"华北": (2, 2), "华东": (2, 1), "": (1, 0)}
    assert found.moves == []
    assert found.then.fullest("customers") == 1
    assert found.then.fullest("spend") is None


def test_a_cut_to_come_says_what_it_would_move_and_writes_nothing(inside: Company, now: Now) -> None:
    for name, at in (("甲", "北京"), ("乙", "北京"), ("丙", "上海")):
        customer(inside.lin, now, name, at)
    gao = inside.gao
    made(gao, now, ends_on=now.date())
    made(gao, now, "北京一区", "北京", starts_on=now.date() + DAY)
    made(gao, now, "华东", "上海", starts_on=now.date() + DAY)
    before = AuditEntry.objects.count()
    found = queries.recut(gao.actor, on=now.date() + DAY, today=now.date())
    assert told(found.today) == {"华北": (2, 2), "": (1, 0)}
    assert [
        (each.before and each.before.name, each.after and each.after.name, each.customers)
        for each in found.moves
    ] == [("华北", "北京一区", 2), (None, "华东", 1)]
    assert found.then.fullest("customers") == pytest.approx(4 / 3)
    assert AuditEntry.objects.count() == before


def test_open_opportunities_are_counted_with_their_amounts_by_currency(inside: Company, now: Now) -> None:
    first, other = customer(inside.lin, now, "甲", "北京"), customer(inside.lin, now, "乙", "上海")
    for buyer, amount, currency in ((first, "100", "CNY"), (first, "50", "USD"), (other, "7", "CNY")):
        actions.create_opportunity(
            actor=inside.lin.actor,
            name="采购",
            customer_id=buyer.pk,
            amount=amount,
            currency=currency,
            now=now,
        )
    made(inside.gao, now)
    north, nowhere = queries.recut(inside.gao.actor, on=now.date(), today=now.date()).then.loads
    assert (north.customers, north.deals, north.amounts) == (
        1, 2, {"CNY": Decimal(100), "USD": Decimal(50)},
    )  # fmt: skip
    assert (nowhere.customers, nowhere.deals, nowhere.amounts) == (1, 1, {"CNY": Decimal(7)})


def test_however_many_there_are_it_is_seven_statements(
    inside: Company, now: Now, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        customer(inside.lin, now, f"客户{number}", f"城{number}")
        made(inside.gao, now, f"区{number}", f"城{number}")
    actor = inside.gao.actor
    with django_assert_max_num_queries(7):
        queries.recut(actor, on=now.date() + DAY, today=now.date())


def test_only_customers_within_reach_are_counted(inside: Company, now: Now) -> None:
    customer(inside.gao, now, "总部的", "北京")
    customer(inside.lin, now, "销售的", "北京")
    made(inside.gao, now)
    seen = queries.recut(inside.lin.actor, on=now.date(), today=now.date())
    assert told(seen.then) == {"华北": (1, 1), "": (0, 0)}


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"name": " "}, "name"),
        ({"filter": Group()}, "filter"),
        ({"filter": read({"of": [{"field": "nothing", "op": "in", "value": ["x"]}]})}, "filter.of[0].field"),
        ({"ends_on": datetime.date(2000, 1, 1)}, "ends_on"),
        ({"position": -1}, "position"),
    ],
)
def test_what_makes_no_sense_is_refused(inside: Company, now: Now, how: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        made(inside.gao, now, **how)
    assert refused.value.field == field
    assert not Territory.objects.exists()


def test_a_name_means_one_territory_on_any_day(inside: Company, now: Now) -> None:
    first = made(inside.gao, now, ends_on=now.date() + DAY)
    with pytest.raises(TerritoryTaken):
        made(inside.gao, now, starts_on=now.date() + DAY)
    later = made(inside.gao, now, starts_on=now.date() + 2 * DAY)
    with pytest.raises(TerritoryTaken):
        changed(inside.gao, first, now, ends_on=None)
    actions.set_territory_archived(actor=inside.gao.actor, territory_id=later.pk, archived=True, now=now)
    changed(inside.gao, first, now, ends_on=None)
    with pytest.raises(TerritoryTaken):
        actions.set_territory_archived(actor=inside.gao.actor, territory_id=later.pk, archived=False, now=now)
    assert access.territory(later.pk).archived_at == now


def test_two_who_change_one_are_told(inside: Company, now: Now) -> None:
    found = made(inside.gao, now)
    changed(inside.ma, found, now, position=7)
    with pytest.raises(Conflict):
        changed(inside.gao, found, now, position=8)
    assert access.territory(found.pk).position == 7
    trail = AuditEntry.objects.filter(subject_id=found.pk).order_by("occurred_at", "id")
    assert [entry.changes.get("position") for entry in trail] == [[None, 100], [100, 7]]


def test_who_does_not_set_sales_up_changes_nothing(inside: Company, now: Now, stranger: Any) -> None:
    found = made(inside.gao, now)
    with pytest.raises(PermissionDenied):
        made(inside.lin, now, "华东", "上海")
    with pytest.raises(PermissionDenied):
        changed(inside.lin, found, now, position=1)
    with pytest.raises(PermissionDenied):
        actions.set_territory_archived(actor=inside.lin.actor, territory_id=found.pk, archived=True, now=now)
    with pytest.raises(NotFound):
        access.territory(stranger)
    kept = Territory.objects.get()
    assert (kept.name, kept.position, kept.version, kept.archived_at) == ("华北", 100, 1, None)


def test_the_pages_of_territories(cast: Company, now: Now) -> None:
    gao = cast.gao.client
    assert "<table" not in gao.get("/sales/territories/").text
    form = {"name": "华北", "starts_on": "2026-01-01", "position": "1", "r.match": "all"}
    step = gao.post("/sales/territories/new/", {**form, "do": "r.add"})
    assert step.status_code == 200
    without = gao.post("/sales/territories/new/", form)
    assert without.status_code == 422
    chosen = {"r-0.field": "city", "r-0.op": "contains", "r-0.value": "北京"}
    assert gao.post("/sales/territories/new/", {**form, **chosen}).status_code == 302
    with cast.scope():
        customer(cast.lin, now, "甲", "北京")
        key = Territory.objects.get().pk
    page = gao.get("/sales/territories/").text
    assert "华北" in page
    assert "北京" in page
    assert 'value="北京"' in gao.get(f"/sales/territories/{key}/").text
    assert gao.get("/sales/territories/?on=2025-01-01").status_code == 200
    assert gao.get("/sales/territories/?on=2025-99-01").status_code == 200
    assert gao.post(f"/sales/territories/{key}/", {**form, **chosen, "version": "9"}).status_code == 422
    archived = gao.post(f"/sales/territories/{key}/archive/", follow=True).text
    assert "华北" in archived


def test_by_api(cast: Company, now: Now) -> None:
    gao, day = cast.gao.client, now.date().isoformat()
    body = {
        "name": "华北",
        "starts_on": day,
        "filter": {"of": [{"field": "city", "op": "contains", "value": "北京"}]},
    }
    made = gao.post("/api/v1/territories/", body, content_type="application/json")
    assert made.status_code == 201
    with cast.scope():
        customer(cast.lin, now, "甲", "北京")
    key = made.json()["id"]
    [north, _nowhere] = gao.get("/api/v1/territories/recut/").json()["then"]["loads"]
    assert (north["territory"], north["customers"], north["elsewhere"]) == (key, 1, 1)
    stale = {**body, "name": "北方", "version": 4}
    answer = gao.put(f"/api/v1/territories/{key}/", stale, content_type="application/json")
    assert answer.status_code == 409
    assert [each["name"] for each in gao.get("/api/v1/territories/").json()] == ["华北"]
