"""What filters of customers can ask about orders."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _

from zhiyin.commerce.choices import OrderKind
from zhiyin.commerce.models import Order, OrderLine, Product
from zhiyin.customers.filters import Asking, FilterType, Option, Term, compare, keys, latest
from zhiyin.platform.actors import Actor

ORDERS = _("Orders")
MOST_PRODUCTS = 300


def order_terms(_actor: Actor) -> Iterable[Term]:
    return _TERMS


def sales() -> QuerySet[Order]:
    return Order.objects.filter(kind=OrderKind.SALE)


def _number(_asking: Asking, op: str, value: Any) -> Q:
    if op == "in":
        # both as it is written and in capitals: the index holds numbers as they came
        wanted = {each for text in value for each in (text, text.upper())}
        return Q(pk__in=Order.objects.filter(number__in=wanted).values("customer"))
    return Q(Exists(Order.objects.filter(compare("number", op, value), customer=OuterRef("pk"))))


def _placed(_asking: Asking, op: str, value: Any) -> Q:
    return latest(sales(), "ordered_at", op, value)


def _returned(_asking: Asking, _op: str, value: Any) -> Q:
    returns = Exists(Order.objects.filter(kind=OrderKind.RETURN, customer=OuterRef("pk")))
    return Q(returns) if value else Q(~returns)


def _channel(_asking: Asking, op: str, value: Any) -> Q:
    through = Exists(sales().filter(channel__in=value, customer=OuterRef("pk")))
    return Q(through) if op == "in" else Q(~through)


def _products(_asking: Asking, op: str, value: Any) -> Q:
    if op == "all":
        whole = Q()
        for each in keys(value):
            whole &= _bought([each])
        return whole
    bought = _bought(keys(value))
    return bought if op == "in" else ~bought


def _bought(products: Iterable[uuid.UUID | None]) -> Q:
    of_them = OrderLine.objects.filter(order=OuterRef("pk"), product__in=list(products))
    orders = sales().filter(Exists(of_them), customer=OuterRef("pk"))
    # lines have no index by product: rather a look at each customer's than at all there are
    return Q(IsNull(Subquery(orders.values("pk")[:1]), False))


def _product_options(_actor: Actor) -> list[Option]:
    rows = Product.objects.filter(is_active=True).order_by("name_key", "id")[:MOST_PRODUCTS]
    return [(str(each.pk), each.name or each.code) for each in rows]


def _product_names(_actor: Actor, ids: Iterable[uuid.UUID]) -> dict[str, str]:
    return {str(each.pk): each.name or each.code for each in Product.objects.filter(pk__in=list(ids))}


def _term(name: str, label: Any, kind: FilterType, make: Any, **more: Any) -> Term:
    return Term(name, label, kind, ORDERS, make, "orders.view", **more)


_TERMS = (
    _term(
        "order_number", _("Order number"), FilterType.TEXT, _number,
        without=frozenset({"not_in", "empty", "filled"}), slow=frozenset({"contains", "starts"}),
    ),
    _term("ordered_on", _("Last order"), FilterType.DATE, _placed),
    _term("returned", _("Has returned something"), FilterType.YES_NO, _returned),
    _term(
        "order_channel", _("Channel of an order"), FilterType.TEXT, _channel,
        without=frozenset({"contains", "starts", "empty", "filled"}), slow=frozenset({"not_in"}),
    ),
    _term(
        "product", _("Bought product"), FilterType.CHOICES, _products, options=_product_options,
        names=_product_names, without=frozenset({"empty", "filled"}), slow=frozenset({"in", "all", "not_in"}),
    ),
)  # fmt: skip


def customers_of_order(actor: Actor, text: str) -> list[uuid.UUID]:
    """Who placed the order of this number; for the search box."""
    if not actor.may("orders.view"):
        return []
    rows = Order.objects.filter(number__in={text, text.upper()}, customer__isnull=False)
    return [key for key in rows.values_list("customer", flat=True)[:20] if key]
