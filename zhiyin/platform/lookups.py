"""Lookups and expressions of the ORM beside Django's own."""

from typing import Any, cast

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import ForeignKey, Func, Lookup, UUIDField
from django.db.models.expressions import Col
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler


@ForeignKey.register_lookup
@UUIDField.register_lookup
class Among(Lookup):
    """``pk__among=ids``: rows whose key is one of these, all as one array, be they a million.

    ``__in`` would send a statement as long as they are, and a sub-select of the array is joined: right after an
    import, when the planner thinks of a table of few rows, that takes the square of them.
    """

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        lhs, values = self.process_lhs(compiler, connection)
        return f"{lhs} = ANY (%s::uuid[])", (*values, list(self.rhs))


class Hashed(In):
    """``Hashed(key, rows.query)``: what ``__in`` says, for rows that are gone through in an order of their own.

    The keys are read once into a table in memory, and each row that is met is looked for there. The planner, who
    knows nothing of where such rows stand in an order, would look all of them up and sort them.
    """

    lookup_name = "hashed"

    def get_rhs_op(self, connection: BaseDatabaseWrapper, rhs: str) -> str:  # noqa: ARG002  # given by Django
        return f"IN {rhs} IS TRUE"


class KeyBeside(Func):
    """``KeyBeside("value__value", "customer_id")``: the key of a joined row, where Django would take the joining one's.

    Both are equal; an index of the joined table has this one beside the column that the rows are sorted by.
    """

    output_field = UUIDField()

    def __init__(self, path: str, key: str) -> None:
        super().__init__(path)
        self.key = key

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, _connection: BaseDatabaseWrapper, **_extra: Any
    ) -> tuple[str, list[Any]]:
        (column,) = cast(list[Col], self.source_expressions)
        return f"{compiler.quote_name_unless_alias(column.alias)}.{self.key}", []
