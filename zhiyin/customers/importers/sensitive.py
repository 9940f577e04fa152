"""Sensitive values from files: checked as by hand, encrypted before they reach the database.

A new customer gets them; of one that is there only what is empty is filled. The file itself is not kept once its
rows are in.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from zhiyin.customers import access
from zhiyin.customers.actions.sensitive import place_many
from zhiyin.customers.choices import FieldAccess
from zhiyin.customers.events import CustomerChanged
from zhiyin.customers.fields.sensitive import BUILT_IN, Sensitive, read_sensitive
from zhiyin.customers.models import SensitiveValue
from zhiyin.imports.kinds import Field, FieldType
from zhiyin.imports.landing import Landing
from zhiyin.imports.messages import Message, gettext_noop
from zhiyin.imports.reading import ROW
from zhiyin.platform import crypto
from zhiyin.platform.errors import Invalid
from zhiyin.platform.record import write_entries

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace

FIELDS = (
    Field("id_number", gettext_noop("ID number"), FieldType.CODE, ("id number", "id card", "national id",
        "passport number", "身份证", "身份证号", "身份证号码", "证件号码", "证件号"), length=200),
    Field("bank_account", gettext_noop("Bank account"), FieldType.CODE, ("bank account", "account number", "iban",
        "card number", "银行账号", "银行账户", "银行卡号", "银行卡"), length=200),
)  # fmt: skip
SECRET = tuple(each.name for each in FIELDS)
_WRONG = {
    "id_number": gettext_noop("The ID number cannot be right: its check digit or length is wrong."),
    "bank_account": gettext_noop("The bank account cannot be right: its check digit or length is wrong."),
}
_BATCH = 5000
_WHO = """
SELECT cno, id, c.import_id IS NOT DISTINCT FROM %(import)s FROM customer_ids JOIN customers_customer c USING (id)
WHERE cno = ANY(%(numbers)s)
"""
_JOURNAL = """
SELECT 'sensitive', v.id, '{}'::jsonb,
    jsonb_build_object('customer', v.customer_id, 'field', v.field, 'set_at', v.set_at)
FROM customers_sensitivevalue v JOIN customer_ids i ON i.id = v.customer_id
JOIN customers_customer c ON c.id = v.customer_id
WHERE v.set_at = %(now)s AND c.import_id IS DISTINCT FROM %(import)s
"""
_SAME = """
FROM imports_importchange j JOIN customers_sensitivevalue v ON v.id = j.subject_id
WHERE j.batch_id = %(import)s AND j.subject_kind = 'sensitive' AND to_jsonb(v.set_at) = j.after -> 'set_at'
"""
_TRAIL = "SELECT v.customer_id, jsonb_object_agg(v.field, jsonb_build_array({old}, {new}))" + _SAME
_TRAIL += " GROUP BY v.customer_id"


def _mapped(work: Workspace) -> list[Sensitive]:
    return [each for each in BUILT_IN if each.name in work.mapping]


def refuse_wrong(work: Workspace) -> None:
    """Refuse rows whose numbers cannot be right."""
    for field in _mapped(work):
        work.key(f"SELECT {field.name} FROM typed", f"{field.name}_keys", partial(_read, field))
        rows = f"SELECT {ROW} FROM typed JOIN {field.name}_keys ON {field.name} = value WHERE key = ''"
        work.refuse(Message(_WRONG[field.name]), rows)


def _read(field: Sensitive, text: str) -> str:
    try:
        return read_sensitive(field, text)
    except Invalid:
        return ""


def write_sensitive(work: Workspace, landing: Landing) -> None:
    """For those of ``customer_ids`` who are new, or have none yet."""
    for field in _mapped(work):
        how = access.field_access(landing.actor, field.name)
        if how not in (FieldAccess.OPEN, FieldAccess.READ_ONLY):
            continue
        for rows in _batches(work, field.name):
            known = landing.rows(_WHO, numbers=list(rows))
            ids = {key: rows[cno] for cno, key, is_new in known if is_new or how == FieldAccess.OPEN}
            held = SensitiveValue.objects.filter(customer__in=ids, field=field.name)
            without = {*held.values_list("customer", flat=True), *crypto.destroyed(ids.keys())}
            items = [crypto.Item(key, field.name, text) for key, text in ids.items() if key not in without]
            place_many(items, landing.now)
    if _mapped(work):
        landing.journal(_JOURNAL)
        _trail(landing, old="NULL", new="'***'")


def _batches(work: Workspace, name: str) -> Iterator[dict[int, str]]:
    reader = work.con.cursor().execute(
        f"SELECT cno, key FROM customers JOIN {name}_keys ON {name} = value WHERE key <> '' ORDER BY cno"
    )
    while rows := reader.fetchmany(_BATCH):
        yield dict(rows)


def forget_sensitive_values(landing: Landing) -> None:
    """At undo: of customers in ``gone_customers``, and what was filled in with others and not changed since."""
    _trail(landing, old="'***'", new="NULL")
    gone = (
        "SELECT id FROM customers_sensitivevalue WHERE customer_id IN (SELECT id FROM gone_customers)"
        f" UNION SELECT v.id {_SAME}"
    )
    landing.run("DROP TABLE IF EXISTS pg_temp.gone_values")
    landing.run(f"CREATE TEMP TABLE gone_values ON COMMIT DROP AS {gone}")
    landing.run("DELETE FROM customers_sensitiveindex WHERE value_id IN (SELECT id FROM gone_values)")
    landing.run("DELETE FROM customers_sensitivevalue WHERE id IN (SELECT id FROM gone_values)")


def _trail(landing: Landing, *, old: str, new: str) -> None:
    write_entries(
        CustomerChanged.name,
        _TRAIL.format(old=old, new=new),
        landing.parameters,
        actor=landing.actor,
        now=landing.now,
        kind="customer",
    )
