"""A deal with a discount above the limit, or a large one, is won only with a yes to it as it is."""

import datetime
import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.cast import Company
from zhiyin.approvals import actions as approvals
from zhiyin.approvals.actions import RuleSaid, StepSaid
from zhiyin.approvals.errors import NeedsApproval, WaitsForApproval
from zhiyin.approvals.models import ApprovalRequest
from zhiyin.customers.actions import create_customer
from zhiyin.platform.outbox import Delivered
from zhiyin.sales import actions
from zhiyin.sales.approvals import CLOSING, DISCOUNT, discount_share
from zhiyin.sales.handlers import look_at_approvals
from zhiyin.sales.models import Opportunity, Stage

Now = datetime.datetime


def _rules(inside: Company, now: Now) -> None:
    for said in (
        RuleSaid(DISCOUNT, "折扣", (StepSaid(),), discount_from=Decimal(10)),
        RuleSaid(CLOSING, "大单", (StepSaid(),), amount_from=Decimal(500_000)),
    ):
        approvals.create_rule(actor=inside.gao.actor, said=said, now=now)


def _begin(inside: Company, now: Now, **values: object) -> Opportunity:
    buyer = create_customer(actor=inside.lin.actor, name="明远电器", kind="organisation", now=now)
    made: Opportunity = actions.create_opportunity(
        actor=inside.lin.actor, name="空调", customer_id=buyer.pk, now=now, **values
    )
    return made


def _win(inside: Company, deal: Opportunity, now: Now) -> Opportunity:
    won = Stage.objects.get(pipeline=deal.pipeline_id, kind="won")
    done: Opportunity = actions.move_opportunity(
        actor=inside.lin.actor, opportunity_id=deal.pk, stage_id=won.pk, now=now
    )
    return done


def _ask(inside: Company, deal: Opportunity, code: str, now: Now) -> ApprovalRequest:
    return approvals.ask_approval(
        actor=inside.lin.actor, subject=code, subject_id=deal.pk, reason="竞品更低", now=now
    )


def _yes(inside: Company, request: ApprovalRequest, now: Now) -> None:
    approvals.decide_approval(actor=inside.ma.actor, request_id=request.pk, answer="approved", now=now)


def _changed(inside: Company, deal: Opportunity, now: Now) -> None:
    """The news of it, as a worker delivers them."""
    look_at_approvals(
        Delivered(
            uuid.uuid4(), "sales.opportunity_changed", inside.tenant.id, now, "林岚", "opportunity", deal.pk,
            {"opportunity_id": str(deal.pk)}, 1,
        )
    )  # fmt: skip


def test_the_share_that_was_taken_off() -> None:
    assert discount_share(Decimal(90), Decimal(10)) == Decimal(10)
    assert discount_share(Decimal(90), Decimal(0)) is None
    assert discount_share(None, Decimal(0)) is None
    assert discount_share(None, Decimal(5)) == Decimal(100)


def test_a_discount_above_the_limit_needs_a_yes(inside: Company, now: Now) -> None:
    _rules(inside, now)
    small = _begin(inside, now, amount="91", discount="9")
    assert _win(inside, small, now).state == "won"
    deal = _begin(inside, now, amount="90", discount="10")
    with pytest.raises(NeedsApproval):
        _win(inside, deal, now)
    asked = _ask(inside, deal, DISCOUNT, now)
    assert (asked.discount, asked.amount) == (Decimal(10), Decimal(90))
    with pytest.raises(WaitsForApproval):
        _win(inside, deal, now)
    _yes(inside, asked, now)
    assert _win(inside, deal, now).state == "won"


def test_a_large_deal_that_was_changed_after_the_yes_is_asked_for_again(inside: Company, now: Now) -> None:
    _rules(inside, now)
    deal = _begin(inside, now, amount="600000")
    asked = _ask(inside, deal, CLOSING, now)
    _yes(inside, asked, now)
    actions.update_opportunity(
        actor=inside.lin.actor, opportunity_id=deal.pk, changes={"next_step": "签约"}, now=now
    )
    _changed(inside, deal, now)
    asked.refresh_from_db()
    assert asked.state == "approved", "the yes was not to this"
    actions.update_opportunity(
        actor=inside.lin.actor, opportunity_id=deal.pk, changes={"amount": "700000"}, now=now
    )
    with pytest.raises(NeedsApproval):
        _win(inside, deal, now)
    _changed(inside, deal, now)
    asked.refresh_from_db()
    assert asked.state == "lapsed"


def test_a_deal_that_is_lost_or_goes_on_needs_none(inside: Company, now: Now) -> None:
    _rules(inside, now)
    deal = _begin(inside, now, amount="600000")
    lost = Stage.objects.get(pipeline=deal.pipeline_id, kind="lost")
    done = actions.move_opportunity(actor=inside.lin.actor, opportunity_id=deal.pk, stage_id=lost.pk, now=now)
    assert done.state == "lost"


@pytest.mark.django_db
def test_from_the_deal_to_the_yes_in_the_browser(cast: Company) -> None:
    now = timezone.now()
    with cast.scope():
        _rules(cast, now)
        deal = _begin(cast, now, amount="600000")
        won = Stage.objects.get(pipeline=deal.pipeline_id, kind="won")
    record = f"/sales/opportunities/{deal.pk}/"
    page = cast.lin.client.get(record).content.decode()
    ask = f"/approvals/ask/{CLOSING}/{deal.pk}/"
    assert ask in page
    refused = cast.lin.client.post(f"{record}move/", {"stage": str(won.pk), "text": "", "on": ""})
    assert refused.status_code == 422
    assert cast.lin.client.post(ask, {"reason": "竞品更低"}).status_code == 302
    with cast.scope():
        request = ApprovalRequest.objects.get()
    inbox = cast.ma.client.get("/approvals/").content.decode()
    assert str(request.pk) in inbox
    address = f"/approvals/{request.pk}/"
    assert cast.ma.client.get(address).status_code == 200
    empty = cast.ma.client.post(f"{address}decide/", {"answer": "rejected", "version": 1})
    assert empty.status_code == 422
    done = cast.ma.client.post(f"{address}decide/", {"answer": "approved", "version": 1})
    assert done.headers["Location"] == "/approvals/"
    assert ask not in cast.lin.client.get(record).content.decode()
    moved = cast.lin.client.post(f"{record}move/", {"stage": str(won.pk), "text": "", "on": ""})
    assert moved.status_code == 302
