"""Which customers rows of a file may be about."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from zhiyin.customers.choices import ContactKind
from zhiyin.customers.contact_keys import SEARCHED, loose_key
from zhiyin.customers.keys import REGIONS, code_key
from zhiyin.customers.suppression import CODE
from zhiyin.imports.landing import Landing
from zhiyin.imports.messages import Message, gettext_noop
from zhiyin.imports.reading import ROW
from zhiyin.platform import crypto
from zhiyin.platform.crypto import Known
from zhiyin.platform.tenancy import with_gone

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace


def within(table: str) -> str:
    """Whether a row with owner and unit is within the actor's record scope, as ``access.reach`` says it."""
    return f"coalesce({table}.owner_id = %(member)s OR {table}.unit_id = ANY (%(units)s::uuid[]), false)"


def lead_on(landing: Landing, table: str, column: str) -> None:
    """The codes of merged customers become those of the files that they are part of."""
    with with_gone():
        landing.run(
            f"UPDATE {table} l SET {column} = s.code_key FROM customers_customer g, customers_customer s"
            f" WHERE g.tenant_id = %(tenant)s AND g.merged_into IS NOT NULL AND g.code_key = l.{column}"
            " AND s.id = surviving_customer(g.id)"
        )


_BINNED = gettext_noop(
    "The customer is in the bin: restore it there, or purge it, then import the row again."
)


_COLUMNS = {ContactKind.PHONE: "customer_phone", ContactKind.EMAIL: "customer_email"}
_SUPPRESSED = gettext_noop(
    "The row is about a person who was erased. Should the person have come back, lift the block on the page of erasures;"
    " a sale can be imported without its customer."
)


def is_bin_empty(landing: Landing) -> bool:
    with with_gone():
        return not landing.one(
            "SELECT count(*) FROM (SELECT FROM customers_customer WHERE tenant_id = %(tenant)s AND gone = 'deleted'"
            " LIMIT 1) c"
        )


def refuse_suppressed(work: Workspace, identity: str) -> None:
    """Refuse the rows of erased persons, known by their code and by what they are reached by."""
    if not crypto.is_anybody_suppressed():
        return
    _refuse_known(work, identity, CODE, code_key)
    region = REGIONS.get(work.frame.currency)
    for kind in SEARCHED:
        column = _COLUMNS.get(kind, kind)
        if column in work.mapping:
            _refuse_known(work, column, kind, loose_key(kind, region))


def _refuse_known(work: Workspace, column: str, kind: str, key: Callable[[str], str]) -> None:
    work.key(f"SELECT {column} FROM typed", "row_keys", key)
    found: set[str] = set()
    reader = work.con.cursor().execute("SELECT DISTINCT key FROM row_keys")
    while rows := reader.fetchmany(20_000):
        found |= {each.key for each in crypto.suppressed(Known(kind, value) for (value,) in rows)}
    work.con.execute("CREATE OR REPLACE TABLE suppressed_keys (key VARCHAR)")
    work.insert("suppressed_keys", [sorted(found)])
    work.refuse(
        Message(_SUPPRESSED),
        f"SELECT {ROW} FROM typed JOIN row_keys ON {column} = value SEMI JOIN suppressed_keys USING (key)",
    )


def refuse_binned(work: Workspace, landing: Landing, identity: str) -> None:
    """Refuse the rows whose customer, named by ``identity``, is in the bin."""
    if is_bin_empty(landing):
        return
    work.key(f"SELECT {identity} FROM typed", "row_codes", code_key)
    landing.copy(work.con, "SELECT DISTINCT key FROM row_codes", "landed_keys", "code_key varchar(64)")
    with with_gone():
        landing.fetch(
            work,
            "SELECT l.code_key FROM landed_keys l JOIN customers_customer c USING (code_key)"
            " WHERE c.tenant_id = %(tenant)s AND c.gone = 'deleted'",
            "binned_codes",
            "code_key VARCHAR",
        )
    work.refuse(
        Message(_BINNED),
        f"SELECT {ROW} FROM typed JOIN row_codes ON {identity} = value SEMI JOIN binned_codes ON key = code_key",
    )
