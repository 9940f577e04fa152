"""The API keeps what its description promises, whatever it is sent."""

import datetime
from collections.abc import Iterator
from decimal import Decimal

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import zhiyin.api.urls  # noqa: F401  # mounts the operations
from tests.cast import Company
from zhiyin.accounts.actions.tokens import create_token
from zhiyin.api.http import api
from zhiyin.commerce import actions as commerce
from zhiyin.commerce.actions import NewLine
from zhiyin.commerce.models import Order
from zhiyin.config.wsgi import application
from zhiyin.customers import actions
from zhiyin.platform.permissions import registered

OURS = ("customers", "tags", "views", "products", "orders")
SCHEMA = schemathesis.openapi.from_dict(api.get_openapi_schema())
SCHEMA.app = application
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OPERATIONS = [
    (method.upper(), path)
    for path, operations in api.get_openapi_schema()["paths"].items()
    for method in operations
    if path.split("/")[3] in OURS
]
pytestmark = pytest.mark.django_db


def _token(company: Company) -> str:
    now = timezone.now()
    with company.scope():
        made = create_token(
            actor=company.gao.actor,
            name="contract",
            permissions=registered(),
            expires_at=now + datetime.timedelta(days=1),
            now=now,
        )
    return str(made.text)


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Requests stay inside the test's transaction, as Django's own test client sees to."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def secret(cast: Company) -> str:
    """A token for everything, with one customer, product and order to be found."""
    now = timezone.now()
    with cast.scope():
        buyer = actions.create_customer(actor=cast.gao.actor, name="王小明", now=now)
        product = commerce.create_product(actor=cast.gao.actor, code="K", price="5", now=now)
        lines = [NewLine(product.pk, Decimal(3))]
        commerce.create_order(actor=cast.gao.actor, lines=lines, customer_id=buyer.pk, now=now)
    return _token(cast)


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: part)
def test_every_operation_answers_as_described(method: str, path: str, secret: str) -> None:
    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(SCHEMA[path][method].as_strategy())
    def answers(case: schemathesis.Case) -> None:
        response = case.call(headers={"Authorization": f"Bearer {secret}"})
        case.validate_response(response, checks=CHECKS)

    answers()


def test_a_repeated_order_is_made_once(cast: Company) -> None:
    secret = _token(cast)
    with cast.scope():
        product = commerce.create_product(actor=cast.gao.actor, code="K", price="5", now=timezone.now())
    client = Client(headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": "k-1"})
    body = {"lines": [{"product_id": str(product.pk), "quantity": "2.5"}]}
    first = client.post("/api/v1/orders/", body, content_type="application/json")
    again = client.post("/api/v1/orders/", body, content_type="application/json")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.json()["total"] == "12.5000"
    other = {"lines": [{"product_id": str(product.pk), "quantity": "3"}]}
    clash = client.post("/api/v1/orders/", other, content_type="application/json")
    assert (clash.status_code, clash.json()["error"]["code"]) == (409, "key_reused")
    with cast.scope():
        assert Order.objects.count() == 1


def test_lists_page_by_token(cast: Company) -> None:
    secret = _token(cast)
    with cast.scope():
        for name in "甲乙丙":
            actions.create_customer(actor=cast.gao.actor, name=name, now=timezone.now())
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    first = client.get("/api/v1/customers/?limit=2").json()
    rest = client.get("/api/v1/customers/", {"limit": 2, "after": first["next"]}).json()
    assert [row["name"] for row in first["items"] + rest["items"]] == ["丙", "甲", "乙"]
    back = client.get("/api/v1/customers/", {"limit": 2, "after": rest["previous"]}).json()
    assert back["items"] == first["items"]
