"""Orders have no constraint on their customer: who writes one holds the customer, and who deletes waits and looks."""

import threading
from decimal import Decimal

import pytest
from django.db import connections

from tests.imports.importing import NOW, import_text, query
from zhiyin.commerce.actions.orders import NewLine, create_order
from zhiyin.commerce.models import Product
from zhiyin.customers.actions import delete_customer
from zhiyin.customers.actions.records import HasOrders
from zhiyin.customers.models import Customer
from zhiyin.platform.errors import NotFound
from zhiyin.platform.tenancy import scope


@pytest.fixture
def shop(own):
    import_text(own, "客户编号,客户名称\nK1,王小明\n", kind="customers")
    import_text(own, "货号,商品名称,价格\nP1,电饭煲,1299\n", kind="products")
    with scope(own.tenant_id):
        return own, Customer.objects.get().pk, Product.objects.get().pk


def order(actor, customer, product):
    create_order(actor=actor, lines=[NewLine(product, Decimal(1))], customer_id=customer, now=NOW)


def in_thread(work):
    """Run ``work`` beside this; what it raised is in the list when the thread has ended."""
    raised = []

    def run():
        try:
            work()
        except Exception as error:
            raised.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised


def delete(actor, customer):
    with scope(actor.tenant_id):
        delete_customer(actor=actor, customer_id=customer, now=NOW)


def test_a_customer_is_not_deleted_while_an_order_is_written(shop):
    actor, customer, product = shop
    with scope(actor.tenant_id):
        order(actor, customer, product)
        thread, raised = in_thread(lambda: delete(actor, customer))
        thread.join(1)
        assert thread.is_alive(), "the deletion waits for the order"
    thread.join(30)
    assert [type(error) for error in raised] == [HasOrders]
    assert query(actor, "SELECT count(*) FROM customers_customer") == [(1,)]


def test_no_order_is_written_for_a_customer_being_deleted(shop):
    actor, customer, product = shop

    def write():
        with scope(actor.tenant_id):
            order(actor, customer, product)

    with scope(actor.tenant_id):
        delete_customer(actor=actor, customer_id=customer, now=NOW)
        thread, raised = in_thread(write)
        thread.join(1)
    thread.join(30)
    assert [type(error) for error in raised] == [NotFound]
    assert query(actor, "SELECT count(*) FROM commerce_order") == [(0,)]
