"""Orders have no constraint on their customer: who writes one holds the customer, and who purges waits and looks."""

import threading
from decimal import Decimal

import pytest
from django.db import connection, connections

from tests.imports.importing import NOW, import_text, query
from zhiyin.commerce.actions.orders import NewLine, create_order
from zhiyin.commerce.models import Product
from zhiyin.customers.actions import delete_customer, purge_customers
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


def purge(actor, customer):
    with scope(actor.tenant_id):
        purge_customers(actor=actor, customer_ids=[customer], now=NOW)


def test_a_customer_is_not_purged_while_an_order_is_written_and_the_order_stays(shop):
    actor, customer, product = shop
    with scope(actor.tenant_id):
        order(actor, customer, product)
        delete(actor, customer)
        thread, raised = in_thread(lambda: purge(actor, customer))
        thread.join(1)
    thread.join(30)
    assert [type(error) for error in raised] == [NotFound], "the purge saw nobody in the bin yet"
    purge(actor, customer)
    assert query(actor, "SELECT count(*), count(customer_id) FROM commerce_order") == [(1, 0)]


def test_a_purge_waits_for_an_order_being_written(shop):
    actor, customer, product = shop
    with scope(actor.tenant_id):
        order(actor, customer, product)
    delete(actor, customer)
    with scope(actor.tenant_id):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('zhiyin.with_gone', 'on', true)")
            cursor.execute("SELECT FROM customers_customer WHERE id = %s FOR KEY SHARE", [customer])
        thread, raised = in_thread(lambda: purge(actor, customer))
        thread.join(1)
        assert thread.is_alive(), "the purge waits for whoever holds the customer"
    thread.join(30)
    assert raised == []
    assert query(actor, "SELECT count(*), count(customer_id) FROM commerce_order") == [(1, 0)]


def test_no_order_is_written_for_a_customer_in_the_bin(shop):
    actor, customer, product = shop
    delete(actor, customer)
    with scope(actor.tenant_id), pytest.raises(NotFound):
        order(actor, customer, product)
    assert query(actor, "SELECT count(*) FROM commerce_order") == [(0,)]
