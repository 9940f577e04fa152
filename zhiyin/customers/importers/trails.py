"""What an import did to customers who were there before it, into the trail of each."""

from zhiyin.customers.events import CustomerChanged
from zhiyin.imports.landing import Landing
from zhiyin.platform.record import write_entries

# of the journal only names of fields that people know
_CHANGED = """
SELECT j.subject_id, jsonb_object_agg(field, jsonb_build_array(j.before -> field, j.after -> field))
FROM imports_importchange j, jsonb_object_keys(j.after) AS field
WHERE j.batch_id = %(import)s AND j.subject_kind = 'customer' AND field <> 'name_key'
GROUP BY j.subject_id
"""
_OWN = """
SELECT j.subject_id, jsonb_object_agg('x_' || a.key, jsonb_build_array({old}, {new}))
FROM imports_importchange j JOIN customers_customer c ON c.id = j.subject_id, jsonb_each(j.after) AS a
WHERE j.batch_id = %(import)s AND j.subject_kind = 'own' AND c.custom -> a.key = a.value
GROUP BY j.subject_id
"""
_CONTACTS = """
SELECT p.customer_id, jsonb_build_object(p.kind, jsonb_build_array({old}, {new}))
FROM imports_importchange j JOIN customers_contactpoint p ON p.id = j.subject_id
WHERE j.batch_id = %(import)s AND j.subject_kind = 'contact'
"""
_PUT_BACK = """
SELECT c.id, jsonb_object_agg(field, jsonb_build_array(j.after -> field, j.before -> field))
FROM imports_importchange j JOIN customers_customer c ON c.id = j.subject_id, jsonb_object_keys(j.after) AS field
WHERE j.batch_id = %(import)s AND j.subject_kind = 'customer' AND field <> 'name_key'
    AND to_jsonb(c) -> field = j.after -> field
GROUP BY c.id
"""


def write_trails(landing: Landing) -> None:
    """After an import has changed customers."""
    _write(landing, _CHANGED)
    _write(landing, _OWN.format(old="j.before -> a.key", new="a.value"))
    _write(landing, _CONTACTS.format(old="NULL", new="p.value"))


def write_trails_back(landing: Landing) -> None:
    """Before an import's changes of customers are taken back."""
    _write(landing, _PUT_BACK)
    _write(landing, _OWN.format(old="a.value", new="j.before -> a.key"))
    _write(landing, _CONTACTS.format(old="p.value", new="NULL"))


def _write(landing: Landing, rows: str) -> None:
    write_entries(
        CustomerChanged.name, rows, landing.parameters, actor=landing.actor, now=landing.now, kind="customer"
    )
