"""Shapes of what the operations on products and orders take and give. Money is a string of decimals."""

import datetime
import uuid
from decimal import Decimal
from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from zhiyin.commerce.choices import OrderKind, PaymentMethod

TEXT = r"^[^\x00]*$"


# strings that their columns hold
Text20 = Annotated[str, StringConstraints(max_length=20, pattern=TEXT)]
Text64 = Annotated[str, StringConstraints(max_length=64, pattern=TEXT)]
Filled64 = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=TEXT)]
Text100 = Annotated[str, StringConstraints(max_length=100, pattern=TEXT)]
Text300 = Annotated[str, StringConstraints(max_length=300, pattern=TEXT)]


Amount = Annotated[Decimal, Field(ge=0, max_digits=19, decimal_places=4)]
Quantity = Annotated[Decimal, Field(gt=0, max_digits=19, decimal_places=4)]


class ProductOut(Schema):
    id: uuid.UUID
    code: str
    name: str
    category: str
    unit: str
    price: Decimal | None
    cost: Decimal | None
    currency: str
    is_active: bool


class ProductRecordOut(ProductOut):
    version: int
    created_at: datetime.datetime
    updated_at: datetime.datetime


class ProductIn(Schema):
    model_config = ConfigDict(extra="forbid")

    code: Filled64
    name: Text300 = ""
    category: Text100 = ""
    unit: Text20 = ""
    price: Amount | None = None
    cost: Amount | None = None
    is_active: bool = True


class ProductPatch(Schema):
    """Only what is given is changed. ``version`` is the one that was read; an older one answers 409."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=2_147_483_647)
    code: Filled64 | None = None
    name: Text300 | None = None
    category: Text100 | None = None
    unit: Text20 | None = None
    price: Amount | None = Field(None, description="null takes the price away.")
    cost: Amount | None = Field(None, description="null takes the cost away.")
    is_active: bool | None = None

    def changes(self) -> dict[str, Any]:
        given = self.model_dump(exclude_unset=True, exclude={"version"})
        kept = ("price", "cost")
        return {name: value for name, value in given.items() if value is not None or name in kept}


class OrderOut(Schema):
    id: uuid.UUID
    number: str
    kind: OrderKind
    ordered_at: datetime.datetime
    customer_id: uuid.UUID | None
    customer_name: str | None = Field(None, alias="customer__name")
    country: str
    channel: str
    currency: str
    quantity: Decimal
    total: Decimal
    line_count: int


class LineOut(Schema):
    position: int
    product_id: uuid.UUID | None
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal


class PaymentOut(Schema):
    id: uuid.UUID
    method: PaymentMethod
    amount: Decimal
    currency: str
    reference: str
    paid_at: datetime.datetime


class OrderRecordOut(Schema):
    id: uuid.UUID
    number: str
    kind: OrderKind
    ordered_at: datetime.datetime
    customer_id: uuid.UUID | None
    returns_id: uuid.UUID | None = Field(description="Of a return: the order it takes back.")
    country: str
    channel: str
    currency: str
    quantity: Decimal
    total: Decimal
    cost: Decimal | None
    outstanding: Decimal | None = Field(description="Of a sale: what is still to be paid.")
    lines: list[LineOut]
    payments: list[PaymentOut]
    returned_by: list[uuid.UUID]


class LineIn(Schema):
    model_config = ConfigDict(extra="forbid")

    product_id: uuid.UUID
    quantity: Quantity
    unit_price: Amount | None = Field(None, description="The product's own when none is given.")


class OrderIn(Schema):
    model_config = ConfigDict(extra="forbid")

    customer_id: uuid.UUID | None = None
    ordered_at: datetime.datetime | None = Field(None, description="Now when none is given.")
    number: Text64 = Field("", description="Left empty, the order gets the day's next.")
    channel: Text64 = ""
    country: Text64 = ""
    lines: list[LineIn] = Field(min_length=1, max_length=500)


class ReturnLineIn(Schema):
    model_config = ConfigDict(extra="forbid")

    position: int = Field(ge=0, le=2_147_483_647)
    quantity: Quantity


class ReturnIn(Schema):
    model_config = ConfigDict(extra="forbid")

    lines: list[ReturnLineIn] = Field(min_length=1, max_length=500)


class PaymentIn(Schema):
    model_config = ConfigDict(extra="forbid")

    amount: Quantity
    method: PaymentMethod = PaymentMethod.OTHER
    reference: Text100 = ""
    paid_at: datetime.datetime | None = None


class RateIn(Schema):
    """One unit of ``currency`` is worth ``rate`` of the company's from ``day`` on."""

    model_config = ConfigDict(extra="forbid")

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{3}$")]
    day: datetime.date
    rate: Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=8)]


class RatesIn(Schema):
    model_config = ConfigDict(extra="forbid")

    rates: list[RateIn] = Field(max_length=2000)


class RateOut(Schema):
    id: uuid.UUID
    currency: str
    day: datetime.date
    rate: Decimal


class RatesWritten(Schema):
    """How many are new or different."""

    changed: int
