"""Rows of a file whose customer is there already: by code, or by telephone, e-mail or name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from zhiyin.customers import access
from zhiyin.customers.choices import ContactKind
from zhiyin.customers.contact_keys import loose_key
from zhiyin.customers.importers.reach import lead_on, within
from zhiyin.customers.keys import REGIONS, code_key
from zhiyin.customers.sealing import is_anything_sealed, token_of
from zhiyin.imports.choices import Alike, Known
from zhiyin.imports.landing import Landing
from zhiyin.imports.messages import Message, gettext_noop, ngettext_lazy
from zhiyin.imports.reading import ROW
from zhiyin.platform.pinyin import name_key

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace

MATCHED_BY = ("customer_phone", "customer_email", "customer_name")
_KINDS = {"customer_phone": ContactKind.PHONE, "customer_email": ContactKind.EMAIL}
_LEFT = ngettext_lazy(
    "{count} row is left out: its customer is there already, and such are left as they are.",
    "{count} rows are left out: their customers are there already, and such are left as they are.",
)
_KNOWN = gettext_noop("A customer has this code already: write over it, or leave the row out?")
_ALIKE = {
    "customer_phone": gettext_noop(
        "A customer has this telephone already: give the row that customer's code, or import it as a new one?"
    ),
    "customer_email": gettext_noop(
        "A customer has this e-mail address already: give the row that customer's code, or import it as a new one?"
    ),
    "customer_name": gettext_noop(
        "A customer has this name already: give the row that customer's code, or import it as a new one?"
    ),
}
_SEVERAL = gettext_noop("Several customers agree with this row: give it the code of the one who is meant.")
_VEILED = gettext_noop("{field}: your role does not see it of all customers, so rows are not compared by it.")


def settle_known(work: Workspace, landing: Landing, who: str, name: str) -> None:
    """Do with rows whose customers are there already what ``work.frame.matching`` says.

    ``who`` and ``name`` are the expressions over ``typed`` for a row's code and name. Whoever is outside the actor's
    record scope is not compared with.
    """
    rules = work.frame.matching
    if (rules.known, rules.alike) == (Known.UPDATE, Alike.CREATE):
        return
    known = rows_by_code(work, landing, who)
    if rules.known == Known.SKIP:
        work.leave_out(_LEFT, known)
    elif rules.known == Known.ASK:
        work.refuse(Message(_KNOWN), known)
    if rules.alike != Alike.CREATE:
        _settle_alike(work, landing, known, {**dict.fromkeys(rules.by, ""), "customer_name": name})


def rows_by_code(work: Workspace, landing: Landing, who: str) -> str:
    """The query for the rows whose code a customer has."""
    work.key(f"SELECT {who} FROM typed", "row_codes", code_key)
    columns = "code_key varchar(64), lead varchar(64)"
    landing.copy(work.con, "SELECT DISTINCT key, key FROM row_codes", "landed_keys", columns)
    lead_on(landing, "landed_keys", "lead")
    landing.fetch(
        work,
        "SELECT l.code_key FROM landed_keys l JOIN customers_customer c ON c.code_key = l.lead"
        " WHERE c.tenant_id = %(tenant)s",
        "known_codes",
        "code_key VARCHAR",
    )
    return f"SELECT {ROW} FROM typed JOIN row_codes ON {who} = value SEMI JOIN known_codes ON key = code_key"


def _settle_alike(work: Workspace, landing: Landing, known: str, named: dict[str, str]) -> None:
    rules = work.frame.matching
    work.con.execute(f"CREATE TABLE known_rows AS {known}")
    work.con.execute(f"CREATE TABLE alike ({ROW} BIGINT, field VARCHAR, code VARCHAR)")
    for field in rules.by:
        _compare(work, landing, field, named[field] or field)
    if rules.alike == Alike.SKIP:
        work.leave_out(_LEFT, f"SELECT {ROW} FROM alike")
    elif rules.alike == Alike.ASK:
        for field in rules.by:
            work.refuse(Message(_ALIKE[field]), f"SELECT {ROW} FROM alike WHERE field = '{field}'")
    else:
        work.refuse(
            Message(_SEVERAL), f"SELECT {ROW} FROM alike GROUP BY {ROW} HAVING count(DISTINCT code) > 1"
        )
        _take_codes(work)


def _compare(work: Workspace, landing: Landing, field: str, value: str) -> None:
    """Add to ``alike`` the rows that agree with a customer in one field, and that customer's code."""
    kind = _KINDS.get(field)
    if (kind or "name") in access.closed(landing.actor):
        work.warnings.append(Message(_VEILED, {"field": Message(work.kind.field(field).label)}))
        return
    key: Callable[[str], str] = (
        loose_key(kind, REGIONS.get(work.frame.currency)) if kind else lambda text: name_key(text[:200])
    )
    work.key(f"SELECT {value} FROM typed", "row_keys", key)
    landing.copy(work.con, forms(work, "row_keys", kind), "landed_alike", "key text, form text")
    joined = (
        "customers_contactpoint p ON p.value_key = l.form AND p.kind = %(kind)s AND p.tenant_id = %(tenant)s"
        " JOIN customers_customer c ON c.id = p.customer_id"
        if kind
        else "customers_customer c ON c.name_key = l.key AND c.tenant_id = %(tenant)s"
    )
    landing.parameters["kind"] = str(kind or "")
    landing.fetch(
        work,
        f"SELECT l.key, c.code FROM landed_alike l JOIN {joined} WHERE {_reached(landing)}",
        "found_alike",
        "key VARCHAR, code VARCHAR",
    )
    work.con.execute(
        f"INSERT INTO alike SELECT DISTINCT {ROW}, '{field}', code FROM typed JOIN row_keys r ON {value} = r.value"
        f" JOIN found_alike f USING (key) WHERE {ROW} NOT IN (SELECT {ROW} FROM known_rows)"
    )


def forms(work: Workspace, keys: str, kind: str | None) -> str:
    """The query for the ``key`` of a table, and each form it may have where contact points of this kind are kept."""
    query = f"SELECT DISTINCT key, key AS form FROM {keys}"
    if kind and is_anything_sealed():
        work.key(f"SELECT key FROM {keys}", "sealed_keys", token_of(kind))
        return f"{query} UNION ALL SELECT value, key FROM sealed_keys"
    return query


def _reached(landing: Landing) -> str:
    return "true" if landing.actor.scope == "all" else within("c")


def _take_codes(work: Workspace) -> None:
    """Let rows that agree with one customer have that customer's code."""
    work.con.execute("ALTER VIEW typed RENAME TO typed_before")
    work.con.execute(
        f"CREATE VIEW typed AS SELECT t.* REPLACE (coalesce(a.code, t.customer_code) AS customer_code)"
        f" FROM typed_before t LEFT JOIN (SELECT {ROW}, any_value(code) AS code FROM alike GROUP BY {ROW}) a USING ({ROW})"
    )
