"""What a company has sold, in the figures by which an import is checked."""

from decimal import Decimal
from typing import Any

from django.db import connection

from zhiyin.commerce.choices import CANCELLATION
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import PermissionDenied

_SQL = """
WITH bought AS MATERIALIZED (
    SELECT id, customer_id, country, kind = 'return' AND number ~* %(cancellation)s AS cancels FROM commerce_order
), line AS (
    SELECT count(*) AS lines, count(*) FILTER (WHERE o.customer_id IS NULL) AS anonymous,
           count(*) FILTER (WHERE o.cancels) AS cancelled, count(*) FILTER (WHERE l.occurrence > 1) AS repeated,
           coalesce(sum(l.quantity), 0) AS quantity, coalesce(sum(l.amount), 0) AS value
    FROM commerce_orderline l JOIN bought o ON o.id = l.order_id
)
SELECT line.*, (SELECT count(*) FROM bought), (SELECT count(*) FROM commerce_product),
       (SELECT count(*) FROM customers_customer),
       (SELECT count(DISTINCT country) FROM bought WHERE country <> '')
FROM line
"""


def totals(actor: Actor) -> dict[str, Any]:
    """Counts of lines, orders, products, customers and countries; quantity and value as exact decimals.

    Needs ``orders.view`` and a scope over all records. One SQL statement.
    """
    actor.require("orders.view")
    if actor.scope != "all":
        raise PermissionDenied
    with connection.cursor() as cursor:
        cursor.execute(_SQL, {"cancellation": CANCELLATION})
        lines, anonymous, cancelled, repeated, quantity, value, orders, products, customers, countries = (
            cursor.fetchone()
        )
    return {
        "lines": lines,
        "orders": orders,
        "products": products,
        "customers": customers,
        "countries": countries,
        "lines_without_customer": anonymous,
        "cancellation_lines": cancelled,
        "duplicates": repeated,
        "quantity": _plain(quantity),
        "value": _plain(value),
    }


def _plain(number: Decimal) -> Decimal:
    """The number without zeros behind the point."""
    short = number.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short
