"""Products, as own fields of customers link to them."""

import uuid
from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from zhiyin.commerce.models import Product
from zhiyin.commerce.queries import find_products, product_by_code
from zhiyin.customers.fields.links import Linked, Target
from zhiyin.platform.actors import Actor


def _named(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Linked]:
    rows = Product.objects.filter(pk__in=list(ids)).values_list("pk", "code", "name")
    return {key: Linked(key, code, name or code) for key, code, name in rows}


def _meant(text: str) -> uuid.UUID | None:
    found = product_by_code(text)
    return found.pk if found else None


def _found(actor: Actor, text: str) -> list[Linked]:
    products = find_products(text) if actor.may("products.view") else []
    return [Linked(each.pk, each.code, each.name or each.code) for each in products]


PRODUCT = Target("product", _("Product"), _named, _meant, _found, "commerce:product")
