"""What people do to records while the import that made them is being undone is neither lost nor left hanging."""

import datetime
import threading
import time
from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import connections

from tests.imports.importing import HEADER, import_text, query, step
from zhiyin.commerce import actions
from zhiyin.commerce.models import Order, OrderLine, Payment, Product
from zhiyin.platform.tenancy import scope

FILE = HEADER + "A1,2024-03-05,K1,P1,2,9.5\n"
NOW = datetime.datetime.now(datetime.UTC)


def pay(actor):
    actions.record_payment(actor=actor, order_id=Order.objects.get().id, amount=Decimal(5), now=NOW)


def bring_back(actor):
    lines = [actions.ReturnedLine(position=1, quantity=Decimal(1))]
    actions.record_return(actor=actor, order_id=Order.objects.get().id, lines=lines, now=NOW)


def sell(actor):
    product = Product.objects.get()
    line = actions.NewLine(product_id=product.id, quantity=Decimal(1), unit_price=Decimal(3))
    actions.create_order(actor=actor, lines=[line], now=NOW)


def rename(actor):
    product = Product.objects.get()
    actions.update_product(
        actor=actor, product_id=product.id, version=product.version, changes={"name": "Kettle"}, now=NOW
    )


@contextmanager
def meanwhile(actor, act):
    """``act`` has been done on another connection and is committed at the end."""
    done, end = threading.Event(), threading.Event()

    def work():
        try:
            with scope(actor.tenant_id):
                act(actor)
                done.set()
                end.wait(30)
        finally:
            done.set()
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    done.wait(30)
    yield
    end.set()
    thread.join(30)


def undone_meanwhile(actor, act):
    """The undone import, and whether its undoing waited for what was being done."""
    batch = import_text(actor, FILE, kind="orders")
    ended = []

    def undo():
        ended.append(step(actor, batch, "undo"))
        connections.close_all()

    thread = threading.Thread(target=undo)
    with meanwhile(actor, act):
        thread.start()
        time.sleep(1.5)
        waited = not ended
    thread.join(30)
    return ended[0], waited


@pytest.mark.parametrize(
    ("act", "kept"), [(pay, "orders"), (bring_back, "orders"), (sell, "products"), (rename, "products")]
)
def test_what_is_done_meanwhile_is_seen(own, act, kept):
    batch, waited = undone_meanwhile(own, act)
    assert waited
    assert batch.state == "undone"
    assert batch.result["undone"][f"{kept}_kept"] == 1
    with scope(own.tenant_id):
        assert Payment.objects.count() == (act is pay)
        assert Product.objects.filter(name="Kettle").exists() == (act is rename)
        sold = set(OrderLine.objects.values_list("product_id", flat=True))
        assert sold <= set(Product.objects.values_list("id", flat=True))


def test_without_anything_meanwhile_all_is_taken_back(own):
    batch, waited = undone_meanwhile(own, lambda _actor: None)
    assert not waited
    assert batch.state == "undone"
    assert query(own, "SELECT count(*) FROM commerce_order") == [(0,)]
    assert query(own, "SELECT count(*) FROM commerce_product") == [(0,)]
