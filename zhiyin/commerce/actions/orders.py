"""Create an order by hand or through the API."""

import datetime
import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Tenant
from zhiyin.commerce import access
from zhiyin.commerce.choices import OrderKind
from zhiyin.commerce.events import OrderCreated
from zhiyin.commerce.models import Order, OrderLine, OrderRequest, Product
from zhiyin.commerce.money import LARGEST, checked_amount, checked_text, rounded
from zhiyin.customers import access as customer_access
from zhiyin.customers import actions as customer_actions
from zhiyin.customers.choices import TimelineKind
from zhiyin.customers.models import Customer
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.record import record

MOST_LINES = 500
FUTURE = datetime.timedelta(days=1)


class NumberTaken(Conflict):
    message = _("Another order has this number already.")


class KeyReused(Conflict):
    message = _("This idempotency key was used for a different order.")


@dataclass(frozen=True, slots=True)
class NewLine:
    """What is sold: the price is the product's own when none is given."""

    product_id: uuid.UUID
    quantity: Decimal
    unit_price: Decimal | None = None


def create_order(
    *,
    actor: Actor,
    lines: Sequence[NewLine],
    customer_id: uuid.UUID | None = None,
    ordered_at: datetime.datetime | None = None,
    number: str = "",
    channel: str = "",
    country: str = "",
    request_key: str = "",
    now: datetime.datetime,
) -> Order:
    """A sale in the tenant's currency; without a number it gets the day's next.

    The same ``request_key`` with the same content gives the order made before instead of a second one.
    Raises ``Invalid``, ``NumberTaken``, ``KeyReused``, and ``NotFound`` for a customer out of reach.
    """
    actor.require("orders.edit")
    request, again = None, None
    if request_key:
        content: dict[str, Any] = {
            "customer": customer_id,
            "lines": [asdict(line) for line in lines],
            "at": ordered_at,
        }
        content |= {"number": number, "channel": channel, "country": country, "by": actor.member_id}
        request, again = _remember(request_key, content, now)
    if again:
        return again
    if customer_id:
        customer_access.hold(customer_id)
    customer = customer_access.customer(actor, customer_id, need="write") if customer_id else None
    tenant = Tenant.objects.get(pk=actor.tenant_id)
    moment = _checked_moment(ordered_at or now, now)
    products = _products(lines, tenant.currency)
    order = Order(
        kind=OrderKind.SALE,
        customer=customer,
        ordered_at=moment,
        number=checked_text(number, 64, "number") or next_number(actor, now),
        channel=checked_text(channel, 64, "channel"),
        country=checked_text(country, 64, "country") or (customer.country if customer else ""),
        currency=tenant.currency,
        owner_id=(customer.owner_id if customer else None) or actor.member_id,
        unit_id=(customer.unit_id if customer else None) or actor.unit_id,
        created_at=now,
    )
    rows = [_line(order, position, line, products) for position, line in enumerate(lines, start=1)]
    total_up(order, rows, {product.pk: product.cost for product in products.values()})
    write(order, rows)
    if request:
        request.order = order
        request.save(update_fields=["order"])
    if customer:
        tell_customer(actor, customer, order, TimelineKind.ORDER)
    record(
        OrderCreated(order.pk, customer_id),
        actor=actor,
        now=now,
        subject=("order", order.pk),
        changes={"number": [None, order.number], "total": [None, order.total], "lines": [None, len(rows)]},
    )
    return order


def next_number(actor: Actor, now: datetime.datetime, prefix: str = "S") -> str:
    """The next number of the company's day, such as ``S20261122-0007``; one transaction at a time counts."""
    zone = Tenant.objects.values_list("time_zone", flat=True).get(pk=actor.tenant_id)
    start = f"{prefix}{now.astimezone(ZoneInfo(zone)):%Y%m%d}-"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{actor.tenant_id}{start}"])
    last = (
        Order.objects.filter(source="", number__gte=start, number__lt=start + "~")
        .order_by("-number")
        .values_list("number", flat=True)
        .first()
    )
    counted = last.removeprefix(start) if last else "0"
    return f"{start}{int(counted) + 1 if counted.isdecimal() else 1:04d}"


def total_up(order: Order, rows: Sequence[OrderLine], costs: dict[uuid.UUID, Decimal | None]) -> None:
    """Put the sums of its lines onto an order; the cost only when all of it is known."""
    order.quantity = sum((row.quantity for row in rows), Decimal(0))
    order.total = sum((row.amount for row in rows), Decimal(0))
    order.line_count = len(rows)
    known = [costs.get(row.product_id) if row.product_id else None for row in rows]
    if all(cost is not None for cost in known):
        pairs = zip(known, rows, strict=True)
        order.cost = rounded(sum(((cost or Decimal(0)) * row.quantity for cost, row in pairs), Decimal(0)))
    if abs(order.total) >= LARGEST or abs(order.quantity) >= LARGEST:
        raise Invalid(_("This is more than an order can hold."), field="lines")


def write(order: Order, rows: Sequence[OrderLine]) -> None:
    """Insert an order with its lines. Raises ``NumberTaken``, and ``NotFound`` when its customer is gone."""
    if order.customer_id:
        customer_access.hold(order.customer_id)
    try:
        with transaction.atomic():
            order.save(force_insert=True)
            OrderLine.objects.bulk_create(rows)
    except IntegrityError as error:
        if "order_number_once" in str(error):
            raise NumberTaken(field="number") from error
        raise


def tell_customer(actor: Actor, customer: Customer, order: Order, kind: TimelineKind) -> None:
    """Put an order or return on its customer's timeline, at the time of the purchase."""
    customer_actions.add_to_timeline(
        actor=actor,
        customer_id=customer.pk,
        kind=kind,
        occurred_at=order.ordered_at,
        object_id=order.pk,
        data={"number": order.number, "total": str(order.total), "currency": order.currency},
    )


def _remember(
    key: str, content: dict[str, Any], now: datetime.datetime
) -> tuple[OrderRequest | None, Order | None]:
    """The request to complete, or the order that an equal request made; a second one waits for the first."""
    if len(key) > 100 or "\0" in key:
        raise Invalid(_("An idempotency key has up to 100 characters."), field="Idempotency-Key")
    plain = json.dumps(content, cls=DjangoJSONEncoder, sort_keys=True)
    digest = hashlib.sha256(plain.encode()).hexdigest()
    OrderRequest.objects.bulk_create(
        [OrderRequest(key=key, digest=digest, created_at=now)], ignore_conflicts=True
    )
    request = OrderRequest.objects.select_related("order").get(key=key)
    if request.digest != digest:
        raise KeyReused(field="Idempotency-Key")
    return request, request.order


def _checked_moment(moment: datetime.datetime, now: datetime.datetime) -> datetime.datetime:
    if moment > now + FUTURE or moment.year < 1970:
        raise Invalid(_("An order lies in the past."), field="ordered_at")
    return moment


def _products(lines: Sequence[NewLine], currency: str) -> dict[uuid.UUID, Product]:
    if not 0 < len(lines) <= MOST_LINES:
        raise Invalid(_("An order has from 1 to %d lines.") % MOST_LINES, field="lines")
    wanted = {line.product_id for line in lines}
    access.hold_products(wanted)
    products = Product.objects.in_bulk(wanted)
    for line in lines:
        product = products.get(line.product_id)
        if product is None:
            raise Invalid(_("There is no such product."), field="lines")
        if line.unit_price is None and (product.price is None or product.currency != currency):
            raise Invalid(_("%s has no price in %s: give one.") % (product, currency), field="lines")
    return products


def _line(order: Order, position: int, line: NewLine, products: dict[uuid.UUID, Product]) -> OrderLine:
    product = products[line.product_id]
    quantity = checked_amount(line.quantity, "lines")
    price = checked_amount(product.price if line.unit_price is None else line.unit_price, "lines")
    if quantity <= 0:
        raise Invalid(
            _("A quantity is more than nothing; record what comes back as a return."), field="lines"
        )
    if price < 0:
        raise Invalid(_("A price cannot be negative."), field="lines")
    if quantity * price >= LARGEST:
        raise Invalid(_("This is more than an order can hold."), field="lines")
    return OrderLine(
        order=order,
        position=position,
        product=product,
        quantity=quantity,
        unit_price=price,
        amount=rounded(quantity * price),
    )
