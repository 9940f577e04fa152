"""What commerce has about one person, for that person."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from zhiyin.commerce.models import Order, OrderLine, Payment
from zhiyin.platform.actors import Actor
from zhiyin.platform.portability import Area, Ids, Row, register, told


def _orders(_actor: Actor, ids: Ids) -> Iterator[Row]:
    names = ("number", "kind", "ordered_at", "channel", "source", "country", "quantity", "total", "currency")
    return told(Order.objects.filter(customer__in=ids).order_by("ordered_at", "pk"), names)


def _lines(_actor: Actor, ids: Ids) -> Iterator[Row]:
    names = (
        "order__number",
        "position",
        "product__code",
        "product__name",
        "quantity",
        "unit_price",
        "amount",
    )
    rows = OrderLine.objects.filter(order__customer__in=ids).select_related("order", "product")
    return told(rows.order_by("order__ordered_at", "order", "position"), names)


def _payments(_actor: Actor, ids: Ids) -> Iterator[Row]:
    names = ("order__number", "paid_at", "method", "amount", "currency", "reference")
    rows = Payment.objects.filter(order__customer__in=ids).select_related("order").order_by("paid_at", "pk")
    return told(rows, names)


_NUMBER, _AMOUNT, _CURRENCY = _("Order"), _("Amount"), _("Currency")
register(
    Area(
        "orders",
        _("Orders and returns"),
        {
            "ordered_at": _("When"),
            "number": _NUMBER,
            "kind": _("Kind"),
            "channel": _("Channel"),
            "total": _AMOUNT,
            "currency": _CURRENCY,
        },
        _orders,
        (Order,),
        "orders.view",
    ),
    Area(
        "order_lines",
        _("Lines of orders"),
        {
            "order__number": _NUMBER,
            "product__code": _("Product"),
            "product__name": _("Name"),
            "quantity": _("Quantity"),
            "amount": _AMOUNT,
        },
        _lines,
        (OrderLine,),
        "orders.view",
    ),
    Area(
        "payments",
        _("Payments"),
        {
            "paid_at": _("When"),
            "order__number": _NUMBER,
            "method": _("Method"),
            "amount": _AMOUNT,
            "currency": _CURRENCY,
        },
        _payments,
        (Payment,),
        "orders.view",
    ),
)
