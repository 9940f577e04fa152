"""The only way to reach orders and products: what this actor may see. Missing and forbidden look alike."""

import uuid
from collections.abc import Collection, Iterable

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from zhiyin.commerce.models import Order, Product
from zhiyin.customers import access as customers
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound


def orders(actor: Actor, need: customers.Need = "read") -> QuerySet[Order]:
    """Orders within the actor's record scope: the order's own, or its customer's; and those of customers shared."""
    shared = Q(Exists(customers.shares(actor, need).filter(customer=OuterRef("customer"))))
    match actor.scope:
        case "all":
            return Order.objects.all()
        case "own":
            mine = [actor.member_id]
            return Order.objects.filter(Q(owner__in=mine) | Q(customer__owner__in=mine) | shared)
        case _:
            mine, units = [actor.member_id], actor.unit_ids
            within = Q(unit__in=units) | Q(customer__unit__in=units)
            return Order.objects.filter(within | Q(owner__in=mine) | Q(customer__owner__in=mine) | shared)


def order(actor: Actor, order_id: uuid.UUID, *, need: customers.Need = "read", lock: bool = False) -> Order:
    """One order, locked against others' changes when asked.

    Raises ``NotFound``, and ``OnlyShared`` for one that is seen but not for what is needed.
    """
    rows = orders(actor, need).select_related("customer", "owner", "returns")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(pk=order_id).first()
    if found is None:
        if need != "read" and orders(actor).filter(pk=order_id).exists():
            raise customers.OnlyShared
        raise NotFound
    return found


def hold_products(product_ids: Collection[uuid.UUID]) -> None:
    """Keep products from being deleted until the transaction ends; their edits go on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM commerce_product WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [list(product_ids)]
        )


def product(product_id: uuid.UUID, *, lock: bool = False) -> Product:
    """One product; every member of the tenant sees all of them. Raises ``NotFound``."""
    rows = Product.objects.select_for_update() if lock else Product.objects.all()
    found = rows.filter(pk=product_id).first()
    if found is None:
        raise NotFound
    return found


def products(product_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Product]:
    """Those of these products that there are, by key. One SQL statement."""
    return Product.objects.in_bulk(list(product_ids))
