"""What of a deal can need a yes: what was taken off its price, and winning it."""

import uuid
from collections.abc import Collection, Mapping
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from zhiyin.approvals import subjects
from zhiyin.approvals.actions import require_approval
from zhiyin.approvals.subjects import Matter, Subject
from zhiyin.platform.actors import Actor
from zhiyin.platform.versions import version_of
from zhiyin.sales import access
from zhiyin.sales.models import Opportunity, OpportunityLine

DISCOUNT = "sales.discount"
CLOSING = "sales.closing"
CODES = (DISCOUNT, CLOSING)


def matter_of(opportunity_id: uuid.UUID) -> Matter | None:
    """What it is worth and what was taken off; a yes holds for this customer, price and these products. Two SQL statements."""
    rows = Opportunity.objects.filter(pk=opportunity_id, removed_at=None).select_related("customer__grade")
    found = rows.first()
    if found is None:
        return None
    lines = OpportunityLine.objects.filter(opportunity=found).order_by("position")
    products = list(lines.values_list("product", "quantity", "unit_price", "amount"))
    digest = version_of(found.customer_id, found.amount, found.discount, found.currency, products)
    return Matter(
        digest=digest,
        amount=found.amount,
        currency=found.currency,
        discount=discount_share(found.amount, found.discount),
        grade=found.customer.grade.name if found.customer and found.customer.grade else "",
    )


def discount_share(amount: Decimal | None, discount: Decimal) -> Decimal | None:
    """The percentage that was taken off the price before it; ``None`` without one."""
    before = (amount or Decimal(0)) + discount
    return round(100 * discount / before, 2) if discount > 0 and before > 0 else None


def require_approvals(actor: Actor, opportunity_id: uuid.UUID) -> None:
    """Whether a deal may be won as it is now; called by who locked it. Raises what ``require_approval`` does."""
    for code in CODES:
        require_approval(actor=actor, subject=code, subject_id=opportunity_id)


def _names(keys: Collection[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    return dict(Opportunity.objects.filter(pk__in=keys).values_list("pk", "name"))


def _seen(actor: Actor, keys: Collection[uuid.UUID]) -> set[uuid.UUID]:
    if not actor.may("sales.view"):
        return set()
    return set(access.opportunities(actor).filter(pk__in=keys).values_list("pk", flat=True))


for code, label in ((DISCOUNT, _("Discount on a deal")), (CLOSING, _("Winning a deal"))):
    subjects.register(
        Subject(
            code,
            label,
            "sales.edit",
            matter_of,
            _names,
            _seen,
            "sales:opportunity",
            facts=("amount", "discount", "grade"),
        )
    )
