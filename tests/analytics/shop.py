"""A company's customers and orders, made quickly for tests of the analysis."""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.cast import Company
from zhiyin.analytics import actions
from zhiyin.analytics.models import Analysis
from zhiyin.commerce.models import Order
from zhiyin.customers.models import Customer
from zhiyin.platform.actors import Actor

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime.datetime(2026, 11, 22, 4, 0, tzinfo=datetime.UTC)
Sale = tuple[str | None, str, float]


@dataclass
class Shop:
    """Customers are named by their codes; days are those of the company's time zone."""

    company: Company
    customers: dict[str, uuid.UUID] = field(default_factory=dict)
    numbers: int = 0

    def known(self, codes: Iterable[str], *, kind: str = "person") -> None:
        fresh = [code for code in dict.fromkeys(codes) if code not in self.customers]
        with self.company.scope():
            made = Customer.objects.bulk_create(
                Customer(
                    code=code,
                    code_key=code.casefold(),
                    name=code,
                    name_key=code,
                    kind=kind,
                    tenant_id=self.company.tenant.id,
                )
                for code in fresh
            )
        self.customers |= {customer.code: customer.pk for customer in made}

    def sell(self, *sales: Sale, kind: str = "sale", **more: object) -> list[Order]:
        """Orders at noon of each (customer, day, total); the customers are made when they are new."""
        self.known(code for code, _day, _total in sales if code is not None)
        with self.company.scope():
            return Order.objects.bulk_create(
                self._order(code, day, total, kind, more) for code, day, total in sales
            )

    def _order(self, code: str | None, day: str, total: float, kind: str, more: dict[str, object]) -> Order:
        self.numbers += 1
        noon = datetime.datetime.combine(datetime.date.fromisoformat(day), datetime.time(12), SHANGHAI)
        return Order(
            number=str(self.numbers),
            kind=kind,
            customer_id=self.customers[code] if code else None,
            ordered_at=noon,
            total=Decimal(str(total)),
            currency="CNY",
            tenant_id=self.company.tenant.id,
            **more,
        )

    @property
    def system(self) -> Actor:
        return Actor.system(self.company.tenant.id)

    def analyse(self, **options: object) -> Analysis:
        return self.run(**options).analysis

    def run(self, **options: object) -> actions.Outcome:
        return actions.run_analysis(actor=self.system, now=NOW, **options)  # type: ignore[arg-type]
