"""Record money that came in for an order."""

import datetime
import uuid
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from zhiyin.commerce import access
from zhiyin.commerce.choices import OrderKind, PaymentMethod
from zhiyin.commerce.events import PaymentRecorded
from zhiyin.commerce.models import Payment
from zhiyin.commerce.money import checked_amount, checked_text
from zhiyin.commerce.queries import outstanding
from zhiyin.customers import actions as customer_actions
from zhiyin.customers.choices import TimelineKind
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.record import record


class TooMuchPaid(Conflict):
    message = _("This is more than is still to be paid.")


def record_payment(
    *,
    actor: Actor,
    order_id: uuid.UUID,
    amount: Decimal,
    method: str = PaymentMethod.OTHER,
    reference: str = "",
    paid_at: datetime.datetime | None = None,
    now: datetime.datetime,
) -> Payment:
    """A payment towards a sale, in the order's currency and not more than is still to be paid.

    Raises ``Invalid`` and ``TooMuchPaid``.
    """
    actor.require("orders.edit")
    order = access.order(actor, order_id, need="write", lock=True)
    if order.kind != OrderKind.SALE:
        raise Invalid(_("Only a sale is paid for."))
    amount = checked_amount(amount, "amount")
    if amount <= 0:
        raise Invalid(_("An amount is more than nothing."), field="amount")
    if method not in PaymentMethod.values:
        raise Invalid(_("This is not one of the choices."), field="method")
    moment = paid_at or now
    if moment > now + datetime.timedelta(days=1) or moment.year < 1970:
        raise Invalid(_("A payment lies in the past."), field="paid_at")
    if amount > outstanding(order):
        raise TooMuchPaid(field="amount")
    payment = Payment.objects.create(
        order=order,
        method=method,
        amount=amount,
        currency=order.currency,
        reference=checked_text(reference, 100, "reference"),
        paid_at=moment,
        created_at=now,
    )
    if order.customer_id:
        customer_actions.add_to_timeline(
            actor=actor,
            customer_id=order.customer_id,
            kind=TimelineKind.PAYMENT,
            occurred_at=moment,
            object_id=order.pk,
            data={"number": order.number, "total": str(amount), "currency": order.currency, "method": method},
        )
    record(
        PaymentRecorded(order.pk, payment.pk),
        actor=actor,
        now=now,
        subject=("order", order.pk),
        changes={"paid": [None, amount], "method": [None, method]},
    )
    return payment
