"""Migration step: a table's changes mark partitions of a dataset as stale."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from zhiyin.analytics.warehouse.registry import Buckets, Months

_FUNCTION = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO analytics_stalepartition (tenant_id, dataset, partition)
    SELECT DISTINCT tenant_id, '{dataset}', {partition} FROM ({changed}) AS changed{follow};
    RETURN NULL;
END $$
"""
_FOLLOW = """
    UNION SELECT tenant_id, '{dataset}', {partition} FROM "{table}"
    WHERE "{column}" IN (SELECT id FROM ({changed}) AS changed)"""
_TRIGGER = """
CREATE TRIGGER {name} AFTER {event} ON "{table}" REFERENCING {transition}
FOR EACH STATEMENT EXECUTE FUNCTION {name}()
"""
_TRANSITIONS = {
    "insert": "NEW TABLE AS fresh",
    "update": "OLD TABLE AS gone NEW TABLE AS fresh",
    "delete": "OLD TABLE AS gone",
}


class TrackChanges(Operation):
    """Mark partitions of ``dataset`` stale when rows of a model come, go, or change in ``columns``.

    One trigger per statement, whatever its number of rows; the marks are part of the transaction that makes
    the change. ``follow`` names a reference to the same table: rows that point to a changed one are stale
    too.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(
        self,
        model_name: str,
        *,
        dataset: str,
        partitions: Months | Buckets,
        columns: Sequence[str],
        follow: str = "",
    ) -> None:
        self.model_name = model_name
        self.dataset = dataset
        self.partitions = partitions
        self.columns = list(columns)
        self.follow = follow

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        options = {"dataset": self.dataset, "partitions": self.partitions, "columns": self.columns}
        return type(self).__name__, [self.model_name], {**options, "follow": self.follow}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,  # noqa: ARG002 - Django calls it so
        to_state: ProjectState,
    ) -> None:
        table = to_state.apps.get_model(app_label, self.model_name)._meta.db_table
        for event in _TRANSITIONS:
            for statement in self.statements(table, event):
                schema_editor.execute(statement)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,  # noqa: ARG002 - Django calls it so
    ) -> None:
        table = from_state.apps.get_model(app_label, self.model_name)._meta.db_table
        for event in _TRANSITIONS:
            schema_editor.execute(f'DROP TRIGGER {self._name(table, event)} ON "{table}"')
            schema_editor.execute(f"DROP FUNCTION {self._name(table, event)}()")

    def describe(self) -> str:
        return f"Changes of {self.model_name} make the dataset {self.dataset} stale"

    def statements(self, table: str, event: str) -> list[str]:
        name, changed = self._name(table, event), self._changed(event)
        partition = self.partitions.expression()
        follow = ""
        if self.follow and event == "update":
            follow = _FOLLOW.format(
                dataset=self.dataset, partition=partition, table=table, column=self.follow, changed=changed
            )
        function = _FUNCTION.format(
            name=name, dataset=self.dataset, partition=partition, changed=changed, follow=follow
        )
        transition = _TRANSITIONS[event]
        return [function, _TRIGGER.format(name=name, event=event.upper(), table=table, transition=transition)]

    def _changed(self, event: str) -> str:
        names = dict.fromkeys(["id", "tenant_id", self.partitions.column, *self.columns])
        columns = ", ".join(f'"{name}"' for name in names)
        fresh, gone = (f"SELECT {columns} FROM {side}" for side in ("fresh", "gone"))  # noqa: S608
        if event == "insert":
            return fresh
        if event == "delete":
            return gone
        return f"({fresh} EXCEPT {gone}) UNION ALL ({gone} EXCEPT {fresh})"

    def _name(self, table: str, event: str) -> str:
        return f"{table}_{self.dataset}_{event}_stale"
