"""Which customers rows of a file may be about."""

from zhiyin.imports.landing import Landing
from zhiyin.platform.tenancy import with_gone


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
