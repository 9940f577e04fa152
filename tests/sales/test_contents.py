"""What a deal is about: products that its amount follows, people who decide, competitors, and stages that ask for them."""

import datetime
import uuid
from decimal import Decimal

import pytest

from tests.cast import Company
from zhiyin.commerce.models import Product
from zhiyin.customers.actions import create_customer
from zhiyin.customers.choices import BuyingRole
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.sales import actions, queries
from zhiyin.sales.actions import Closing, DealLine, DealPerson, DealRival, set_lines, set_people, set_rivals
from zhiyin.sales.approvals import matter_of
from zhiyin.sales.choices import Need
from zhiyin.sales.models import Competitor, Opportunity, Stage

Now = datetime.datetime
pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(inside: Company, now: Now) -> Opportunity:
    return actions.create_opportunity(actor=inside.lin.actor, name="d", amount=7, discount=10, now=now)


@pytest.fixture
def pump(inside: Company) -> Product:
    del inside
    return Product.objects.create(code="P", name="泵", currency="CNY", price=50)


def test_the_amount_follows_the_products_and_an_approval_covers_them(
    inside: Company, deal: Opportunity, pump: Product, now: Now
) -> None:
    lin, before = inside.lin.actor, matter_of(deal.pk)
    found = set_lines(actor=lin, opportunity_id=deal.pk, now=now,
                      lines=[DealLine(pump.pk, Decimal("2.5")), DealLine(pump.pk, unit_price=Decimal(40))])  # fmt: skip
    assert found.amount == Decimal("155.0")
    assert [each.amount for each in queries.contents(lin, found).lines] == [125, 40]
    after = matter_of(deal.pk)
    assert before
    assert after
    assert before.digest != after.digest
    assert set_lines(actor=lin, opportunity_id=deal.pk, lines=[], now=now).amount == Decimal("155.0")


def test_what_is_no_line_is_refused_and_loses_nothing(
    inside: Company, deal: Opportunity, pump: Product, now: Now
) -> None:
    lin = inside.lin.actor
    set_lines(actor=lin, opportunity_id=deal.pk, lines=[DealLine(pump.pk)], now=now)
    euro = Product.objects.create(code="E", currency="EUR", price=5)
    for wrong in (DealLine(uuid.uuid4()), DealLine(pump.pk, Decimal(0)), DealLine(pump.pk, Decimal("NaN")), DealLine(euro.pk),
                  DealLine(pump.pk, unit_price=Decimal(-1)), DealLine(pump.pk, unit_price=Decimal(3)),
                  DealLine(pump.pk, Decimal(10) ** 14, Decimal(10) ** 14)):  # fmt: skip
        with pytest.raises(Invalid):
            set_lines(actor=lin, opportunity_id=deal.pk, lines=[wrong], now=now)
    assert [each.amount for each in deal.lines.all()] == [50]
    with pytest.raises(Conflict):
        set_lines(actor=lin, opportunity_id=deal.pk, lines=[], version=1, now=now)
    with pytest.raises(NotFound):
        set_lines(actor=inside.chen.actor, opportunity_id=deal.pk, lines=[], now=now)


def test_people_whom_one_may_not_see_stay_and_are_only_counted(
    inside: Company, deal: Opportunity, now: Now
) -> None:
    own = create_customer(actor=inside.lin.actor, name="周敏", now=now)
    others = create_customer(actor=inside.gao.actor, name="吴刚", now=now)
    gao, lin = inside.gao.actor, inside.lin.actor
    decides, uses = BuyingRole.DECISION_MAKER, BuyingRole.USER
    set_people(actor=gao, opportunity_id=deal.pk, people=[DealPerson(others.pk, decides)], now=now)
    found = set_people(actor=lin, opportunity_id=deal.pk, people=[DealPerson(own.pk, uses)], now=now)
    seen = queries.contents(lin, found)
    assert ([each.customer_id for each in seen.people], seen.hidden) == ([own.pk], 1)
    assert queries.contents(gao, found).hidden == 0
    for wrong in ([DealPerson(others.pk, uses)], [DealPerson(own.pk, uses), DealPerson(own.pk, decides)]):
        with pytest.raises(Invalid):
            set_people(actor=lin, opportunity_id=deal.pk, people=wrong, now=now)
    assert deal.people.count() == 2


def test_a_competitor_is_one_however_it_is_written_and_wins_only_what_is_lost(
    inside: Company, deal: Opportunity, now: Now
) -> None:
    lin = inside.lin.actor
    set_rivals(actor=lin, opportunity_id=deal.pk, rivals=[DealRival("Hongyuan ", "cheap")], now=now)
    set_rivals(actor=lin, opportunity_id=deal.pk, rivals=[DealRival("HONGYUAN")], now=now)
    assert Competitor.objects.count() == 1
    for wrong in ([DealRival("a"), DealRival("A")], [DealRival(" ")], [DealRival("a", won=True)]):
        with pytest.raises(Invalid):
            set_rivals(actor=lin, opportunity_id=deal.pk, rivals=wrong, now=now)
    lost = Stage.objects.get(pipeline=deal.pipeline_id, kind="lost")
    actions.move_opportunity(actor=lin, opportunity_id=deal.pk, stage_id=lost.pk, closing=Closing(), now=now)
    set_rivals(actor=lin, opportunity_id=deal.pk, rivals=[DealRival("Hongyuan", won=True)], now=now)
    found = queries.rivalries(lin)[0]
    assert (found.open, found.won.of, found.won.among, found.lost_to) == (0, 0, 1, 1)
    assert queries.rivalries(inside.chen.actor)[0].lost_to == 0
    with pytest.raises(Invalid):
        set_lines(actor=lin, opportunity_id=deal.pk, lines=[], now=now)


def test_a_stage_may_ask_for_products_a_decision_maker_and_competitors(
    inside: Company, deal: Opportunity, pump: Product, now: Now
) -> None:
    lin = inside.lin.actor
    stage = Stage.objects.get(pipeline=deal.pipeline_id, position=1)
    Stage.objects.filter(pk=stage.pk).update(entry=[Need.PRODUCTS, Need.DECIDER, Need.COMPETITORS])

    def move() -> None:
        actions.move_opportunity(actor=lin, opportunity_id=deal.pk, stage_id=stage.pk, now=now)

    with pytest.raises(Invalid, match="Products, Decision maker, Competitors"):
        move()
    buyer = create_customer(actor=lin, name="周敏", now=now)
    set_lines(actor=lin, opportunity_id=deal.pk, lines=[DealLine(pump.pk)], now=now)
    set_people(actor=lin, opportunity_id=deal.pk, people=[DealPerson(buyer.pk, BuyingRole.USER)], now=now)
    set_rivals(actor=lin, opportunity_id=deal.pk, rivals=[DealRival("宏远")], now=now)
    with pytest.raises(Invalid, match="Decision maker"):
        move()
    set_people(
        actor=lin, opportunity_id=deal.pk, people=[DealPerson(buyer.pk, BuyingRole.DECISION_MAKER)], now=now
    )
    move()


def test_it_is_written_on_pages_and_by_the_api(cast: Company, now: Now) -> None:
    lin = cast.lin.client
    with cast.scope():
        deal = actions.create_opportunity(actor=cast.lin.actor, name="d", now=now)
        buyer = create_customer(actor=cast.lin.actor, name="周敏", code="Z1", now=now)
        pump = Product.objects.create(code="P", name="泵", currency="CNY", price=50)
    record = f"/sales/opportunities/{deal.pk}/"
    form = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0", "version": "1"}
    page = f"{record}with/products/"
    wrong = lin.post(page, form | {"form-0-code": "X9", "form-0-quantity": "2", "form-1-quantity": "1"})
    assert (wrong.status_code, 'value="X9"' in wrong.text) == (422, True)
    assert (
        lin.post(
            page, form | {"form-0-code": "P", "form-0-quantity": "2", "form-1-quantity": "1"}
        ).status_code
        == 302
    )
    late = lin.post(page, form | {"form-0-code": "P", "form-0-quantity": "3", "form-1-quantity": "1"})
    assert late.status_code == 422
    people = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "0",
        "form-0-code": "Z1",
        "form-0-role": "decision_maker",
    }
    assert lin.post(f"{record}with/people/", people).status_code == 302
    rivals = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "0",
        "form-0-name": "宏远",
        "form-0-note": "便宜",
    }
    assert lin.post(f"{record}with/competitors/", rivals).status_code == 302
    assert lin.get(f"{record}with/else/").status_code == 404
    shown = lin.get(record).text
    assert all(each in shown for each in ("泵", "¥100.00", "周敏", "宏远", "便宜"))
    assert 'value="P"' in lin.get(page).text
    told = lin.get(f"/api/v1/opportunities/{deal.pk}/contents/").json()
    assert (told["version"], Decimal(told["amount"]), told["people"][0]["customer_id"]) == (
        4,
        100,
        str(buyer.pk),
    )
    body = {"lines": [{"product_id": str(pump.pk), "quantity": "1", "unit_price": "45"}], "version": 4}
    put = lin.put(f"/api/v1/opportunities/{deal.pk}/lines/", body, content_type="application/json")
    assert Decimal(put.json()["amount"]) == 45
    assert (
        lin.put(f"/api/v1/opportunities/{deal.pk}/lines/", body, content_type="application/json").status_code
        == 409
    )
    rival = cast.gao.client.get("/api/v1/competitors/").json()[0]["competitor"]["id"]
    assert cast.ma.client.post(f"/settings/competitors/{rival}/", {"strengths": "有实力"}).status_code == 302
    assert "有实力" in lin.get(record).text
    assert "宏远" in cast.ma.client.get("/settings/competitors/").text
