"""Reads of orders and products, each with a fixed number of SQL statements."""

import datetime
import functools
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from django.db.models import Count, DateField, F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from pydantic import BaseModel, Field, StringConstraints

from zhiyin.commerce import access
from zhiyin.commerce.choices import OrderKind
from zhiyin.commerce.models import ExchangeRate, Order, OrderLine, Payment, Product
from zhiyin.commerce.money import rounded
from zhiyin.platform.actors import Actor
from zhiyin.platform.database.planned import Planned, planned_cursor
from zhiyin.platform.paging import Page, keyset
from zhiyin.platform.pinyin import normalise
from zhiyin.platform.times import midnight

Row = Mapping[str, object]
Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Amount = Annotated[Decimal, Field(max_digits=19, decimal_places=4, allow_inf_nan=False)]
# the first character that no text of ours holds, so the end of all that begins with a prefix
END = "\U0010ffff"


class OrderFilter(BaseModel):
    """Which orders a list shows. Fields narrow each other."""

    q: Text = Field("", description="The beginning of the order's number.")
    kind: OrderKind | None = None
    customer: uuid.UUID | None = None
    date_from: datetime.date | None = None
    date_to: datetime.date | None = None
    total_min: Amount | None = None
    total_max: Amount | None = None
    country: list[Text] = []
    channel: list[Text] = []
    anonymous: bool | None = Field(None, description="Without a customer, or with one.")


class ProductFilter(BaseModel):
    """Which products a list shows."""

    q: Text = Field("", description="Part of the name, its pinyin, or the code.")
    category: list[Text] = []
    active: bool | None = None


OrderSort = Literal["date", "-date"]
ProductSort = Literal["name", "-name", "code", "-code"]
ORDER_COLUMNS = (
    "id", "number", "kind", "ordered_at", "customer_id", "customer__name", "country", "channel", "currency",
    "quantity", "total", "line_count",
)  # fmt: skip
PRODUCT_COLUMNS = (
    "id", "code", "name", "name_key", "category", "unit", "price", "cost", "currency", "is_active",
)  # fmt: skip


def matching_orders(actor: Actor, where: OrderFilter) -> QuerySet[Order]:
    """The visible orders that a filter lets through."""
    rows = access.orders(actor)
    if start := where.q.strip():
        rows = rows.filter(number__gte=start, number__lt=start + END)
    for name in ("country", "channel"):
        if values := getattr(where, name):
            rows = rows.filter(**{f"{name}__in": values})
    if where.kind:
        rows = rows.filter(kind=where.kind)
    if where.customer:
        rows = rows.filter(customer=where.customer)
    if where.anonymous is not None:
        rows = rows.filter(customer__isnull=where.anonymous)
    if where.date_from:
        rows = rows.filter(ordered_at__gte=midnight(where.date_from))
    if where.date_to:
        rows = rows.filter(ordered_at__lt=midnight(where.date_to, days=1))
    if where.total_min is not None:
        rows = rows.filter(total__gte=where.total_min)
    if where.total_max is not None:
        rows = rows.filter(total__lte=where.total_max)
    return rows


def list_orders(
    actor: Actor, where: OrderFilter, *, sort: OrderSort = "-date", after: str = "", limit: int = 50
) -> Page[Row]:
    """One page of orders. One SQL statement."""
    sign = "-" if sort.startswith("-") else ""
    rows: QuerySet[Order, Row] = matching_orders(actor, where).values(*ORDER_COLUMNS)
    return keyset(rows, order=[f"{sign}ordered_at"], after=after, limit=limit)


def latest_orders(actor: Actor, customer_id: uuid.UUID, *, limit: int = 5) -> list[Row]:
    """A customer's latest orders. One SQL statement."""
    return _latest_orders(actor, limit)(customer_id)


@functools.lru_cache(maxsize=500)
def _latest_orders(actor: Actor, limit: int) -> Planned[Row]:
    latest = access.orders(actor).order_by("-ordered_at", "-id")
    rows: QuerySet[Order, Row] = latest.values(*ORDER_COLUMNS[:4], "currency", "quantity", "total")
    return Planned(lambda customer: rows.filter(customer=customer)[:limit])


def find_orders(actor: Actor, text: str, *, limit: int = 5) -> list[Row]:
    """The first few orders whose number begins so, for the command palette. One SQL statement."""
    if not text.strip() or len(text) > 64 or "\0" in text:
        return []
    rows = matching_orders(actor, OrderFilter(q=text.strip()))
    rows_by_number: QuerySet[Order, Row] = rows.order_by("number", "id").values(
        "id", "number", "kind", "ordered_at", "total", "currency", "customer__name"
    )
    return list(rows_by_number[:limit])


def lines_of(order_id: uuid.UUID) -> list[OrderLine]:
    """An order's lines with their products, in order. One SQL statement."""
    return list(OrderLine.objects.filter(order=order_id).select_related("product").order_by("position"))


def returns_of(order_id: uuid.UUID) -> list[Order]:
    return list(Order.objects.filter(returns=order_id).order_by("ordered_at", "id"))


def payments_of(order_id: uuid.UUID) -> list[Payment]:
    return list(Payment.objects.filter(order=order_id).order_by("paid_at", "id"))


def returnable(order_id: uuid.UUID) -> dict[uuid.UUID | None, Decimal]:
    """How much of each product can still come back: bought less returned. One SQL statement."""
    mine = Q(order=order_id) | Q(order__returns=order_id)
    rows = OrderLine.objects.filter(mine).values("product_id").annotate(left=Sum("quantity"))
    return {row["product_id"]: row["left"] for row in rows}


def outstanding(order: Order) -> Decimal:
    """What is still to be paid of a sale: its total less returns and payments. Two SQL statements."""
    back = Order.objects.filter(returns=order).aggregate(total=Sum("total"))["total"] or Decimal(0)
    paid = Payment.objects.filter(order=order).aggregate(total=Sum("amount"))["total"] or Decimal(0)
    return order.total + back - paid


@dataclass(frozen=True, slots=True)
class Purchases:
    """What a customer bought so far, returns taken off; ``first_at`` and ``last_at`` are of sales."""

    orders: int
    returns: int
    spend: Decimal
    first_at: datetime.datetime | None
    last_at: datetime.datetime | None


_PURCHASES = """
SELECT count(*) FILTER (WHERE kind = %(sale)s), count(*) FILTER (WHERE kind <> %(sale)s), coalesce(sum(total), 0),
    min(ordered_at) FILTER (WHERE kind = %(sale)s), max(ordered_at) FILTER (WHERE kind = %(sale)s)
FROM commerce_order WHERE customer_id = %(customer)s
"""


def purchases_of(customer_id: uuid.UUID) -> Purchases:
    """The key numbers of a customer that the caller has reached. One SQL statement."""
    with planned_cursor() as cursor:
        cursor.execute(_PURCHASES, {"customer": customer_id, "sale": OrderKind.SALE.value})
        return Purchases(*cursor.fetchone())


def purchase_days(customer_id: uuid.UUID, zone: datetime.tzinfo) -> list[datetime.date]:
    """The days on which a customer that the caller has reached bought, oldest first. One SQL statement."""
    sales = Order.objects.filter(customer=customer_id, kind=OrderKind.SALE, total__gt=0).order_by(
        "ordered_at"
    )
    moments = sales.values_list("ordered_at", flat=True)
    return list(dict.fromkeys(moment.astimezone(zone).date() for moment in moments))


def list_products(
    where: ProductFilter, *, sort: ProductSort = "name", after: str = "", limit: int = 50
) -> Page[Row]:
    """One page of products. One SQL statement."""
    rows: QuerySet[Product, Row] = matching_products(where).values(*PRODUCT_COLUMNS)
    sign = "-" if sort.startswith("-") else ""
    column = "name_key" if sort.endswith("name") else "code"
    return keyset(rows, order=[sign + column], after=after, limit=limit)


def matching_products(where: ProductFilter) -> QuerySet[Product]:
    """The products that a filter lets through."""
    rows = Product.objects.all()
    if words := normalise(where.q):
        for word in words.split():
            rows = rows.filter(
                Q(name__icontains=word)
                | Q(name_key__contains=word)
                | Q(code__icontains=word)
                | _spelled(word)
            )
    if where.category:
        rows = rows.filter(category__in=where.category)
    if where.active is not None:
        rows = rows.filter(is_active=where.active)
    return rows


def _spelled(word: str) -> Q:
    """Pinyin without blanks, or initials: ``dianshui`` or ``dsh`` for 电水壶, whose key is ``dian shui hu``."""
    if not (word.isascii() and word.isalpha()):
        return Q()
    return Q(name_key__regex=" ?".join(word)) | Q(name_key__regex="(^| )" + "[^ ]* ".join(word))


def find_products(text: str, *, limit: int = 8) -> list[Product]:
    """The first few products on sale that fit, for the command palette and the lines of an order."""
    if not text.strip() or len(text) > 200 or "\0" in text:
        return []
    found = matching_products(ProductFilter(q=text, active=True)).order_by("name_key", "id")
    return list(found[:limit])


def product_by_code(code: str) -> Product | None:
    """The product on sale whose whole code this is."""
    return Product.objects.filter(code=code.strip(), is_active=True).first() if "\0" not in code else None


def categories() -> list[str]:
    rows = Product.objects.exclude(category="").order_by("category").values_list("category", flat=True)
    return list(rows.distinct()[:200])


def used_values(actor: Actor, column: Literal["country", "channel"]) -> list[str]:
    """The distinct countries or channels of visible orders, read from the newest 20,000."""
    newest = access.orders(actor).order_by("-ordered_at").values("pk")[:20_000]
    rows = Order.objects.filter(pk__in=newest).exclude(**{column: ""}).order_by(column)
    return list(rows.values_list(column, flat=True).distinct()[:200])


@dataclass(frozen=True, slots=True)
class MonthOfSales:
    month: datetime.date
    quantity: Decimal
    amount: Decimal


def sales_by_month(actor: Actor, product_id: uuid.UUID) -> Sequence[MonthOfSales]:
    """What visible orders sold of a product, returns taken off, in months of the reader's time zone."""
    rows = (
        access.orders(actor)
        .filter(lines__product=product_id)
        .values(month=TruncMonth("ordered_at", output_field=DateField()))
        .annotate(quantity=Sum("lines__quantity"), amount=Sum("lines__amount"))
        .order_by("month")
    )
    return [MonthOfSales(**row) for row in rows]


def buyers_of(actor: Actor, product_id: uuid.UUID, *, limit: int = 20) -> list[Row]:
    """The visible customers who bought most of a product. One SQL statement."""
    orders = access.orders(actor).filter(customer__isnull=False, lines__product=product_id)
    rows: QuerySet[Order, Row] = (
        orders.values("customer_id", name=F("customer__name"))
        .annotate(
            quantity=Sum("lines__quantity"),
            amount=Sum("lines__amount"),
            orders=Count("pk", distinct=True),
            last_at=Max("ordered_at"),
        )
        .order_by("-amount", "customer_id")
    )
    return list(rows[:limit])


@dataclass(frozen=True, slots=True)
class Converted:
    """A sum in the company's ``currency`` with the ``rates`` that were used; amounts in ``missing`` currencies are not in it."""

    currency: str
    amount: Decimal
    rates: Sequence[ExchangeRate]
    missing: Sequence[str]


def converted(amounts: Mapping[str, Decimal], *, currency: str, day: datetime.date) -> Converted:
    """Amounts by currency in one of them, at the last rates known on a day. One SQL statement, none where there is no other."""
    foreign = sorted({each for each, amount in amounts.items() if amount} - {currency})
    rates = latest_rates(foreign, day)
    known = {currency: Decimal(1)} | {each.currency: each.rate for each in rates}
    total = sum((amount * known[each] for each, amount in amounts.items() if each in known), Decimal(0))
    return Converted(currency, rounded(total), rates, [each for each in foreign if each not in known])


def latest_rates(currencies: Sequence[str], day: datetime.date) -> list[ExchangeRate]:
    """The last rate known on a day of each. One SQL statement, none for no currency."""
    if not currencies:
        return []
    known = ExchangeRate.objects.filter(currency__in=currencies, day__lte=day)
    return list(known.order_by("currency", "-day").distinct("currency"))


def list_rates(*, after: str = "", limit: int = 50) -> Page[ExchangeRate]:
    """Rates of exchange, the latest first. One SQL statement."""
    return keyset(ExchangeRate.objects.all(), order=["-day"], after=after, limit=limit)
