import uuid
from dataclasses import dataclass
from typing import ClassVar

from zhiyin.platform.outbox import Event


@dataclass(frozen=True)
class ProductChanged(Event):
    """A product is new or different; ``fields`` names what."""

    name: ClassVar = "commerce.product_changed"
    product_id: uuid.UUID
    fields: list[str]


@dataclass(frozen=True)
class OrderCreated(Event):
    name: ClassVar = "commerce.order_created"
    order_id: uuid.UUID
    customer_id: uuid.UUID | None


@dataclass(frozen=True)
class OrderReturned(Event):
    name: ClassVar = "commerce.order_returned"
    order_id: uuid.UUID
    return_id: uuid.UUID
    customer_id: uuid.UUID | None


@dataclass(frozen=True)
class PaymentRecorded(Event):
    name: ClassVar = "commerce.payment_recorded"
    order_id: uuid.UUID
    payment_id: uuid.UUID


@dataclass(frozen=True)
class ExchangeRatesChanged(Event):
    """``currencies`` are those of which a rate was set or taken away."""

    name: ClassVar = "commerce.exchange_rates_changed"
    currencies: list[str]
