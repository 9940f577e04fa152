"""Each customer's numbers into the database, in bulk."""

from typing import TYPE_CHECKING

from django.db import connection

from zhiyin.analytics.models import Analysis, CustomerValue
from zhiyin.platform.staging import stage

if TYPE_CHECKING:
    import pyarrow as pa

STAGE = "value_stage"


def keep_values(analysis: Analysis, values: "pa.Table") -> None:
    """Make the table of values equal to ``values``; rows that are the same stay untouched."""
    fields = {field.column: field.db_type(connection) for field in CustomerValue._meta.concrete_fields}
    types = {name: str(fields[name]) for name in values.column_names}
    stage(STAGE, types, values)
    quoted = connection.ops.quote_name
    table, names = quoted(CustomerValue._meta.db_table), [quoted(name) for name in types]
    columns = ", ".join(names)
    old, fresh = ", ".join(f"v.{name}" for name in names), ", ".join(f"excluded.{name}" for name in names)
    assignments = ", ".join(f"{name} = excluded.{name}" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} v WHERE NOT EXISTS"  # noqa: S608  # names of our own columns
            f" (SELECT FROM {STAGE} s WHERE s.customer_id = v.customer_id)"
        )
        cursor.execute(
            f"INSERT INTO {table} AS v (analysis_id, {columns})"  # noqa: S608
            f" SELECT %s, {columns} FROM {STAGE}"
            " ORDER BY customer_id ON CONFLICT (customer_id)"
            " DO UPDATE SET analysis_id = excluded.analysis_id,"
            f" {assignments} WHERE ({old}) IS DISTINCT FROM ({fresh})",
            [analysis.pk],
        )
