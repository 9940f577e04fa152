"""Lookups of the ORM beside Django's own."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import ForeignKey, Lookup, UUIDField
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


@UUIDField.register_lookup
class Hashed(In):
    """``pk__hashed=rows``: what ``__in`` says, for rows that are gone through in an order of their own.

    The keys are read once into a table in memory, and each row that is met is looked for there. The planner, who
    knows nothing of where such rows stand in an order, would look all of them up and sort them.
    """

    lookup_name = "hashed"

    def get_rhs_op(self, connection: BaseDatabaseWrapper, rhs: str) -> str:  # noqa: ARG002  # given by Django
        return f"IN {rhs} IS TRUE"
