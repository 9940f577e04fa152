"""What needs a yes in the demo company, and what waits for one."""

from decimal import Decimal

from zhiyin.approvals import actions
from zhiyin.approvals.actions import RuleSaid, StepSaid
from zhiyin.config.demo.daily import Day
from zhiyin.sales.approvals import CLOSING, DISCOUNT
from zhiyin.sales.choices import StageKind
from zhiyin.sales.models import Opportunity

LARGE = Decimal(250_000)


def ask_for_a_yes(day: Day) -> None:
    """Rules on discounts and large deals; each large open deal is asked for by whose it is."""
    above = StepSaid(hours=24)
    for said in (
        RuleSaid(DISCOUNT, "折扣 10% 以上", (above,), discount_from=Decimal(10)),
        RuleSaid(CLOSING, "大额商机", (above,), amount_from=LARGE),
    ):
        actions.create_rule(actor=day.actor("高敏"), said=said, now=day.now)
    large = Opportunity.objects.filter(state=StageKind.OPEN, amount__gte=LARGE).select_related("owner")
    for deal in large.order_by("created_at"):
        actions.ask_approval(
            actor=day.actor(deal.owner.name if deal.owner else "林岚"),
            subject=CLOSING,
            subject_id=deal.pk,
            reason="客户月底前定标，请批准按此价签约。",
            now=day.now,
        )
