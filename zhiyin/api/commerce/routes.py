"""Operations on products and orders."""

import datetime
import uuid
from typing import Annotated, Any

from django.utils import timezone
from ninja import Header, Query
from pydantic import BaseModel, Field, StringConstraints

from zhiyin.api.commerce.schemas import (
    OrderIn,
    OrderOut,
    OrderRecordOut,
    PaymentIn,
    PaymentOut,
    ProductIn,
    ProductOut,
    ProductPatch,
    ProductRecordOut,
    RateOut,
    RatesIn,
    RatesWritten,
    ReturnIn,
)
from zhiyin.api.http import PageOut, Request, Routes, now, page_out
from zhiyin.commerce import access, actions, queries
from zhiyin.commerce.actions import NewLine, Rate, ReturnedLine
from zhiyin.commerce.choices import OrderKind
from zhiyin.commerce.models import Payment, Product
from zhiyin.commerce.queries import OrderFilter, OrderSort, ProductFilter, ProductSort

routes = Routes("commerce")
Key = Annotated[str, StringConstraints(max_length=100, pattern=r"^[\x20-\x7e]*$")]


class Paging(BaseModel):
    after: str = Field("", max_length=4000, description="``next`` or ``previous`` of an earlier page.")
    limit: int = Field(50, ge=1, le=200)


class OrderOrder(BaseModel):
    sort: OrderSort = "-date"


class ProductOrder(BaseModel):
    sort: ProductSort = "name"


@routes.get("/products/", permission="products.view", response=PageOut[ProductOut])
def list_products(
    request: Request, where: Query[ProductFilter], order: Query[ProductOrder], paging: Query[Paging]
) -> dict[str, Any]:
    del request
    return page_out(queries.list_products(where, sort=order.sort, after=paging.after, limit=paging.limit))


@routes.post("/products/", permission="products.edit", response=ProductRecordOut, status=201)
def create_product(request: Request, body: ProductIn) -> Product:
    return actions.create_product(actor=request.actor, now=now(), **body.model_dump())


@routes.get("/products/{uuid:product_id}/", permission="products.view", response=ProductRecordOut)
def read_product(request: Request, product_id: uuid.UUID) -> Product:
    return access.product(product_id)


@routes.patch("/products/{uuid:product_id}/", permission="products.edit", response=ProductRecordOut)
def update_product(request: Request, product_id: uuid.UUID, body: ProductPatch) -> Product:
    return actions.update_product(
        actor=request.actor, product_id=product_id, changes=body.changes(), version=body.version, now=now()
    )


@routes.get("/orders/", permission="orders.view", response=PageOut[OrderOut])
def list_orders(
    request: Request, where: Query[OrderFilter], order: Query[OrderOrder], paging: Query[Paging]
) -> dict[str, Any]:
    return page_out(
        queries.list_orders(request.actor, where, sort=order.sort, after=paging.after, limit=paging.limit)
    )


@routes.post("/orders/", permission="orders.edit", response=OrderRecordOut, status=201)
def create_order(
    request: Request,
    body: OrderIn,
    idempotency_key: Key = Header("", alias="Idempotency-Key"),  # type: ignore[type-arg]
) -> dict[str, Any]:
    """Record a sale. The same ``Idempotency-Key`` with the same body gives the order made before."""
    made = actions.create_order(
        actor=request.actor,
        lines=[NewLine(line.product_id, line.quantity, line.unit_price) for line in body.lines],
        customer_id=body.customer_id,
        ordered_at=_aware(body.ordered_at),
        number=body.number,
        channel=body.channel,
        country=body.country,
        request_key=idempotency_key,
        now=now(),
    )
    return _record(request, made.pk)


@routes.get("/orders/{uuid:order_id}/", permission="orders.view", response=OrderRecordOut)
def read_order(request: Request, order_id: uuid.UUID) -> dict[str, Any]:
    return _record(request, order_id)


@routes.post(
    "/orders/{uuid:order_id}/returns/", permission="orders.edit", response=OrderRecordOut, status=201
)
def record_return(request: Request, order_id: uuid.UUID, body: ReturnIn) -> dict[str, Any]:
    """Take something back; never more than was bought."""
    lines = [ReturnedLine(line.position, line.quantity) for line in body.lines]
    back = actions.record_return(actor=request.actor, order_id=order_id, lines=lines, now=now())
    return _record(request, back.pk)


@routes.post("/orders/{uuid:order_id}/payments/", permission="orders.edit", response=PaymentOut, status=201)
def record_payment(request: Request, order_id: uuid.UUID, body: PaymentIn) -> Payment:
    """Money that came in; never more than is still to be paid."""
    given = body.model_dump() | {"paid_at": _aware(body.paid_at)}
    return actions.record_payment(actor=request.actor, order_id=order_id, now=now(), **given)


def _aware(moment: datetime.datetime | None) -> datetime.datetime | None:
    """A time without an offset is the tenant's own."""
    return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment


def _record(request: Request, order_id: uuid.UUID) -> dict[str, Any]:
    order = access.order(request.actor, order_id)
    plain = {name: getattr(order, name) for name in OrderRecordOut.model_fields if name in order.__dict__}
    return {
        **plain,
        "outstanding": queries.outstanding(order) if order.kind == OrderKind.SALE else None,
        "lines": queries.lines_of(order_id),
        "payments": queries.payments_of(order_id),
        "returned_by": [back.pk for back in queries.returns_of(order_id)],
    }


@routes.get("/rates/", permission="settings.manage", response=PageOut[RateOut])
def list_rates(request: Request, paging: Query[Paging]) -> dict[str, Any]:
    """What one unit of other currencies is worth in the company's own, the latest first."""
    del request
    return page_out(queries.list_rates(after=paging.after, limit=paging.limit))


@routes.put("/rates/", permission="settings.manage", response=RatesWritten)
def set_rates(request: Request, body: RatesIn) -> dict[str, int]:
    """Write rates down, over those of the same day."""
    given = [Rate(each.currency.upper(), each.day, each.rate) for each in body.rates]
    return {"changed": actions.set_rates(actor=request.actor, rates=given, now=now())}


@routes.delete("/rates/{uuid:rate_id}/", permission="settings.manage", status=204)
def remove_rate(request: Request, rate_id: uuid.UUID) -> None:
    """The one before it holds then."""
    actions.remove_rate(actor=request.actor, rate_id=rate_id, now=now())
