"""Create and change products."""

import datetime
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Tenant
from zhiyin.commerce import access
from zhiyin.commerce.events import ProductChanged
from zhiyin.commerce.models import Product
from zhiyin.commerce.money import checked_amount, checked_text
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.pinyin import name_key
from zhiyin.platform.record import record

TEXTS = {"code": 64, "name": 300, "category": 100, "unit": 20}
AMOUNTS = ("price", "cost")
EDITABLE = (*TEXTS, *AMOUNTS, "is_active")


class ProductCodeTaken(Conflict):
    message = _("Another product has this code already.")


def create_product(*, actor: Actor, code: str, now: datetime.datetime, **values: Any) -> Product:
    """A new product, priced in the tenant's currency. ``values`` are fields of ``EDITABLE``."""
    actor.require("products.edit")
    currency = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    product = Product(currency=currency, created_at=now, updated_at=now)
    _apply(product, {**values, "code": code})
    _write(product)
    changes = {field: [None, value] for field in EDITABLE if (value := getattr(product, field))}
    _tell(actor, product, changes, now)
    return product


def update_product(
    *,
    actor: Actor,
    product_id: uuid.UUID,
    changes: Mapping[str, Any],
    version: int | None = None,
    now: datetime.datetime,
) -> Product:
    """Change some fields of ``EDITABLE``; raises ``Conflict`` when somebody did since ``version``."""
    actor.require("products.edit")
    product = access.product(product_id, lock=True)
    if version is not None and version != product.version:
        raise Conflict
    before = {field: getattr(product, field) for field in EDITABLE}
    _apply(product, changes)
    different = {
        field: [old, new] for field, old in before.items() if (new := getattr(product, field)) != old
    }
    if different:
        product.version += 1
        product.updated_at = now
        _write(product)
        _tell(actor, product, different, now)
    return product


def _apply(product: Product, values: Mapping[str, Any]) -> None:
    for field, value in values.items():
        if field in TEXTS:
            setattr(product, field, checked_text(value, TEXTS[field], field))
        elif field in AMOUNTS:
            setattr(product, field, None if value in (None, "") else checked_amount(value, field))
        elif field == "is_active":
            product.is_active = bool(value)
        else:
            raise Invalid(_("There is no such field."), field=field)
    if not product.code:
        raise Invalid(_("A product needs a code."), field="code")
    for field in AMOUNTS:
        amount: Decimal | None = getattr(product, field)
        if amount is not None and amount < 0:
            raise Invalid(_("This cannot be negative."), field=field)
    product.name_key = name_key(product.name)


def _write(product: Product) -> None:
    try:
        with transaction.atomic():
            product.save()
    except IntegrityError as error:
        if "product_code_once" in str(error):
            raise ProductCodeTaken(field="code") from error
        raise


def _tell(actor: Actor, product: Product, changes: Mapping[str, list[Any]], now: datetime.datetime) -> None:
    record(
        ProductChanged(product.pk, sorted(changes)),
        actor=actor,
        now=now,
        subject=("product", product.pk),
        changes=changes,
    )
