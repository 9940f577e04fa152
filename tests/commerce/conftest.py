import datetime
from decimal import Decimal

import pytest

from tests.cast import Company
from zhiyin.commerce import actions
from zhiyin.commerce.models import Product
from zhiyin.customers import actions as customer_actions
from zhiyin.customers.models import Customer


@pytest.fixture
def kettle(inside: Company, now: datetime.datetime) -> Product:
    return actions.create_product(
        actor=inside.gao.actor, code="K1", name="电水壶", price="199.9", cost="80", now=now
    )


@pytest.fixture
def fan(inside: Company, now: datetime.datetime) -> Product:
    return actions.create_product(
        actor=inside.gao.actor, code="F1", name="Fan", price=Decimal("0.3333"), now=now
    )


@pytest.fixture
def buyer(inside: Company, now: datetime.datetime) -> Customer:
    return customer_actions.create_customer(actor=inside.lin.actor, name="王小明", country="中国", now=now)
