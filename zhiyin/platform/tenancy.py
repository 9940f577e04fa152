"""Tenancy enforced by the database: forced row-level security, the tenant set per transaction."""

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any, cast

from django.db import connections, models, router, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.utils.deconstruct import deconstructible

from zhiyin.platform.database.base import DatabaseWrapper
from zhiyin.platform.keys import uuid7


@deconstructible(path="zhiyin.platform.tenancy.CurrentTenant")
class CurrentTenant(models.Func):
    """The transaction's tenant, as a column default."""

    function = "current_tenant"
    output_field = models.UUIDField()


@deconstructible(path="zhiyin.platform.tenancy.NewKey")
class NewKey(models.Func):
    """A UUIDv7 made by the database, as a column default."""

    function = "uuid7"
    output_field = models.UUIDField()


class TenantModel(models.Model):
    """A row of one tenant. ``tenant_id`` comes from the transaction, never from the caller."""

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=NewKey(), editable=False)
    tenant_id = models.UUIDField(db_default=CurrentTenant(), editable=False)

    class Meta:
        abstract = True


def _set(name: str, value: str, using: str) -> str:
    with cast(DatabaseWrapper, connections[using]).planned_cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true), set_config(%s, %s, true)", [name, name, value])
        row = cursor.fetchone()
    return row[0] or ""


@contextlib.contextmanager
def _setting(name: str, value: str, using: str) -> Iterator[None]:
    connection = connections[using]
    nested = connection.in_atomic_block
    with transaction.atomic(using=using):
        before = _set(name, value, using)
        yield
        # the end of a transaction and a rollback restore the setting themselves
        if nested and not connection.needs_rollback:
            _set(name, before, using)


def scope(tenant_id: uuid.UUID, *, using: str = "default") -> contextlib.AbstractContextManager[None]:
    """A transaction that sees and writes only the rows of ``tenant_id``.

    Scopes nest; the earlier tenant comes back at the end. Outside any scope there are no rows.
    """
    return _setting("zhiyin.tenant", str(tenant_id), using)


def as_user(user_id: uuid.UUID, *, using: str = "default") -> contextlib.AbstractContextManager[None]:
    """A transaction in which a signed-in user sees his own memberships, whatever their tenant."""
    return _setting("zhiyin.user", str(user_id), using)


def with_gone(*, using: str = "default") -> contextlib.AbstractContextManager[None]:
    """A transaction that sees those rows too that left all lists, as of merged customers."""
    return _setting("zhiyin.with_gone", "on", using)


class EnableTenancy(Operation):
    """Migration step: forced row-level security on a tenant table.

    The application role sees the rows of the transaction's tenant. The owner role, which migrates and
    backs up, sees all rows once it sets ``zhiyin.maintenance`` to ``on``, and none before.
    ``append_only`` tables can be inserted into and read, by nobody changed.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_name: str, *, append_only: bool = False) -> None:
        self.model_name = model_name
        self.append_only = append_only

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.model_name], {"append_only": self.append_only}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,  # noqa: ARG002
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if not router.allow_migrate_model(schema_editor.connection.alias, model):
            return
        for statement in tenancy_sql(model._meta.db_table, append_only=self.append_only):
            schema_editor.execute(statement)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,  # noqa: ARG002
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        table = schema_editor.quote_name(model._meta.db_table)
        schema_editor.execute(f"DROP POLICY tenant ON {table}")
        schema_editor.execute(f"DROP POLICY maintenance ON {table}")
        schema_editor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")

    def describe(self) -> str:
        return f"Force row-level security on {self.model_name}"


def tenancy_sql(table: str, *, append_only: bool = False) -> list[str]:
    """The statements that put one table under tenancy."""
    statements = [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        f'CREATE POLICY tenant ON "{table}" USING (tenant_id = current_tenant())'
        # written so, it is worked out once for a statement and not for each of half a million rows
        " WITH CHECK (tenant_id = (SELECT current_tenant()))",
        f'CREATE POLICY maintenance ON "{table}" TO CURRENT_USER'
        " USING (current_setting('zhiyin.maintenance', true) = 'on')"
        " WITH CHECK (current_setting('zhiyin.maintenance', true) = 'on')",
    ]
    if append_only:
        statements += [
            f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}"'
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            f'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON "{table}"'
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        ]
    return statements
