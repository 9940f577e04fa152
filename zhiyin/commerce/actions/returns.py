"""Record what a customer brings back."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from zhiyin.commerce import access
from zhiyin.commerce.actions.orders import next_number, tell_customer, total_up, write
from zhiyin.commerce.choices import OrderKind
from zhiyin.commerce.events import OrderReturned
from zhiyin.commerce.models import Order, OrderLine
from zhiyin.commerce.money import checked_amount, rounded
from zhiyin.commerce.queries import returnable
from zhiyin.customers.choices import TimelineKind
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.record import record


class TooMuchReturned(Conflict):
    message = _("More would come back than was bought.")


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """``quantity``, more than nothing, of the order's line at ``position``."""

    position: int
    quantity: Decimal


def record_return(
    *, actor: Actor, order_id: uuid.UUID, lines: Sequence[ReturnedLine], now: datetime.datetime
) -> Order:
    """A return against an order, at the prices paid, with negative quantities and amounts.

    The order is locked, so that two returns at once cannot bring back more than was bought.
    Raises ``TooMuchReturned`` and ``Invalid``.
    """
    actor.require("orders.edit")
    order = access.order(actor, order_id, need="write", lock=True)
    if order.kind != OrderKind.SALE:
        raise Invalid(_("Only a sale can be returned."))
    sold = {line.position: line for line in OrderLine.objects.filter(order=order).select_related("product")}
    wanted = _checked(lines, sold)
    _allow(order, wanted, sold)
    back = Order(
        kind=OrderKind.RETURN,
        customer_id=order.customer_id,
        returns=order,
        ordered_at=now,
        number=next_number(actor, now, "R"),
        channel=order.channel,
        country=order.country,
        currency=order.currency,
        owner_id=order.owner_id,
        unit_id=order.unit_id,
        created_at=now,
    )
    rows = [
        OrderLine(
            order=back,
            position=position,
            product_id=sold[position].product_id,
            quantity=-quantity,
            unit_price=sold[position].unit_price,
            amount=-rounded(quantity * sold[position].unit_price),
        )
        for position, quantity in sorted(wanted.items())
    ]
    products = [line.product for line in sold.values() if line.product]
    total_up(back, rows, {product.pk: product.cost for product in products})
    write(back, rows)
    if order.customer:
        tell_customer(actor, order.customer, back, TimelineKind.RETURN)
    record(
        OrderReturned(order.pk, back.pk, order.customer_id),
        actor=actor,
        now=now,
        subject=("order", order.pk),
        changes={"returned": [None, back.number], "total": [None, back.total]},
    )
    return back


def _checked(lines: Sequence[ReturnedLine], sold: dict[int, OrderLine]) -> dict[int, Decimal]:
    """The quantity that comes back of each line."""
    wanted: dict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.position not in sold:
            raise Invalid(_("The order has no such line."), field="lines")
        quantity = checked_amount(line.quantity, "lines")
        if quantity <= 0:
            raise Invalid(_("A quantity that comes back is more than nothing."), field="lines")
        wanted[line.position] += quantity
    if not wanted:
        raise Invalid(_("Say what comes back."), field="lines")
    return wanted


def _allow(order: Order, wanted: dict[int, Decimal], sold: dict[int, OrderLine]) -> None:
    """Returns are counted by product, because imported returns name no line."""
    left = returnable(order.pk)
    asked: dict[uuid.UUID | None, Decimal] = defaultdict(Decimal)
    for position, quantity in wanted.items():
        line = sold[position]
        if quantity > line.quantity:
            raise TooMuchReturned(field="lines")
        asked[line.product_id] += quantity
    if any(quantity > left.get(product, Decimal(0)) for product, quantity in asked.items()):
        raise TooMuchReturned(field="lines")
