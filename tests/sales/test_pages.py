"""Pages of opportunities: the way from a new one to a won one, and what two people see."""

import datetime

import pytest

from tests.cast import Company
from zhiyin.customers import actions as customers
from zhiyin.sales import actions
from zhiyin.sales.models import CloseReason, Opportunity, Stage

Now = datetime.datetime
pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(cast: Company, now: Now) -> Opportunity:
    with cast.scope():
        buyer = customers.create_customer(actor=cast.lin.actor, name="明远电器", code="K-1", now=now)
        return actions.create_opportunity(
            actor=cast.lin.actor, name="年度采购 <b>", amount=1200, customer_id=buyer.pk, now=now
        )


def test_from_the_form_to_won(cast: Company, now: Now) -> None:
    with cast.scope():
        buyer = customers.create_customer(actor=cast.lin.actor, name="明远电器", code="K-1", now=now)
    form = {"name": "泵", "customer": "K-9", "amount": "-1", "category": "pipeline", "channel": "direct"}
    form["owner_id"] = str(cast.lin.member.pk)
    refused = cast.lin.client.post("/sales/opportunities/new/", form)
    assert refused.status_code == 422
    assert "没有这个客户" in refused.text
    assert 'value="泵"' in refused.text
    made = cast.lin.client.post("/sales/opportunities/new/", form | {"customer": "k-1", "amount": "1200"})
    page = made.headers["Location"]
    with cast.scope():
        found = Opportunity.objects.get()
        assert (found.customer_id, found.owner_id) == (buyer.pk, cast.lin.member.pk)
        won, offer = Stage.objects.get(kind="won"), Stage.objects.get(position=2)
        reason = CloseReason.objects.create(kind="won", name="服务好")
    shown = cast.lin.client.get(page).text
    assert "¥1,200.00" in shown
    assert "服务好" in shown
    cast.lin.client.post(f"{page}move/", {"stage": str(offer.pk), "version": "1"})
    stale = cast.lin.client.post(f"{page}move/", {"stage": str(won.pk), "version": "1"})
    assert stale.status_code == 422
    assert "其间有人移动" in stale.text
    answer = {"stage": str(won.pk), "version": "2", "reason_id": str(reason.pk), "text": "熟人"}
    assert cast.lin.client.post(f"{page}move/", answer).status_code == 302
    with cast.scope():
        found.refresh_from_db()
        assert (found.state, found.reason_id, found.reason_text) == ("won", reason.pk, "熟人")
    record = cast.lin.client.get(f"/customers/{buyer.pk}/").text
    assert page in record


def test_the_list_tells_sums_and_finds(cast: Company, deal: Opportunity) -> None:
    page = cast.lin.client.get("/sales/opportunities/").text
    assert "1 个商机 · ¥1,200.00 · 加权 ¥120.00" in page
    assert "年度采购 &lt;b&gt;" in page
    assert "年度采购" not in cast.lin.client.get("/sales/opportunities/?q=nothing").text
    assert "年度采购" in cast.lin.client.get("/sales/opportunities/?q=niandu").text
    assert cast.lin.client.get("/sales/opportunities/?state=nothing").status_code == 400
    found = cast.lin.client.get("/sales/opportunities/buyers/?customer=明远")
    assert '<option value="K-1">明远电器</option>' in found.text


def test_two_people_meet_field_by_field(cast: Company, deal: Opportunity, now: Now) -> None:
    address = f"/sales/opportunities/{deal.pk}/edit/"
    shown = cast.lin.client.get(address)
    seen = {
        f"initial-{name}": shown.context["form"].initial.get(name) or ""
        for name in shown.context["form"].fields
    }
    typed = {name.removeprefix("initial-"): value for name, value in seen.items()}
    with cast.scope():
        actions.update_opportunity(
            actor=cast.gao.actor, opportunity_id=deal.pk, changes={"next_step": "回访"}, now=now
        )
    answer = cast.lin.client.post(address, {**seen, **typed, "source": "展会"})
    assert answer.status_code == 302
    with cast.scope():
        deal.refresh_from_db()
        assert (deal.next_step, deal.source) == ("回访", "展会")


def test_removed_says_undo(cast: Company, deal: Opportunity) -> None:
    page = cast.lin.client.post(f"/sales/opportunities/{deal.pk}/remove/", follow=True).text
    undo = f"/sales/opportunities/{deal.pk}/restore/"
    assert undo in page
    cast.lin.client.post(undo)
    assert cast.lin.client.get(f"/sales/opportunities/{deal.pk}/").status_code == 200
