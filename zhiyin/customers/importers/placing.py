"""Customers of a file that names no owner for them go by the company's rules of assignment."""

from zhiyin.customers.actions import assign_new_by_rules
from zhiyin.imports.landing import Landing

_NEW = """
SELECT c.id FROM customers_customer c JOIN customer_ids i ON i.id = c.id LEFT JOIN landed_owners o ON o.cno = i.cno
WHERE c.tenant_id = %(tenant)s AND c.import_id = %(import)s AND o.cno IS NULL ORDER BY c.id
"""


def place_by_rules(landing: Landing) -> dict[str, int]:
    """The new ones of who reaches all records; others keep whom they import."""
    if landing.actor.scope != "all":
        return {}
    ids = [key for (key,) in landing.rows(_NEW)]
    count = assign_new_by_rules(actor=landing.actor, customer_ids=ids, now=landing.now)
    return {"customers_assigned": count} if count else {}
