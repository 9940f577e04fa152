"""Whatever the owner of the database does to a single row of the audit log is found."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections, models
from django.utils import timezone

from tests.platform.tampering import as_owner
from tests.platform.test_audit_log import write
from zhiyin.platform.actions import make_checkpoint
from zhiyin.platform.actors import Actor
from zhiyin.platform.audit import log, proofs
from zhiyin.platform.audit.check import examine
from zhiyin.platform.models import AuditCheckpoint, AuditEntry, AuditLeaf, AuditNode, AuditSeal
from zhiyin.platform.tenancy import scope

KEPT = (AuditEntry, AuditLeaf, AuditSeal, AuditNode, AuditCheckpoint)
# says nothing about an entry: a row's own key where no other row or hash names it, and the clock of a seal,
# as the time that counts stands signed in the checkpoint
SAYS_NOTHING = {
    ("AuditLeaf", "id"),
    ("AuditSeal", "id"),
    ("AuditNode", "id"),
    ("AuditCheckpoint", "id"),
    ("AuditSeal", "sealed_at"),
}
FIELDS = [
    (model, field)
    for model in KEPT
    for field in model._meta.concrete_fields
    if (model.__name__, field.name) not in SAYS_NOTHING
]
# another value of the same kind
ALTERED = {
    models.UUIDField: "gen_random_uuid()",
    models.OneToOneField: "gen_random_uuid()",
    models.DateTimeField: "{0} + interval '1 microsecond'",
    models.CharField: "chr(ascii({0}) + 1) || substr({0}, 2)",
    models.TextField: "replace({0}, chr(10) || 'time 2', chr(10) || 'time 1')",
    models.JSONField: "{0} || '{{\"level\": [0, 99]}}'",
    models.BigIntegerField: "{0} + 1000",
    models.PositiveSmallIntegerField: "{0} + 10",
    models.BinaryField: "set_byte({0}, 31, get_byte({0}, 31) # 1)",
}


@pytest.fixture
def tenant(committed: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[uuid.UUID]:
    """A log of eight entries in three seals with a checkpoint over seven, whose tree keeps a node for every two leaves."""
    monkeypatch.setattr(proofs, "STEP", 1)
    monkeypatch.setattr(log, "STEP", 1)
    tenant = uuid.uuid4()
    for count in (4, 3):
        write(tenant, count)
        log.seal(tenant, now=timezone.now())
    with scope(tenant):
        make_checkpoint(actor=Actor.system(tenant), now=timezone.now())
    log.seal(tenant, now=timezone.now())
    assert found(tenant) == []
    with without_links():
        yield tenant


class without_links:  # noqa: N801
    """The database's own link from leaf to entry, off while a test tears at it: it would refuse most of this."""

    QUERY = """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND conrelid = 'platform_auditleaf'::regclass"""

    def __enter__(self) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(self.QUERY)
            ((self.name, self.definition),) = cursor.fetchall()
            cursor.execute(f'ALTER TABLE platform_auditleaf DROP CONSTRAINT "{self.name}"')

    def __exit__(self, *error: Any) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                f'ALTER TABLE platform_auditleaf ADD CONSTRAINT "{self.name}" {self.definition} NOT VALID'
            )


def found(tenant: uuid.UUID) -> list[str]:
    with scope(tenant):
        return [each.text for each in examine(tenant, lambda _done, _total: None)[1]]


def keys(model: type[models.Model], tenant: uuid.UUID) -> list[uuid.UUID]:
    with scope(tenant):
        keys = list(model.objects.order_by("pk").values_list("pk", flat=True))  # type: ignore[attr-defined]
    assert keys
    return keys


def altered(field: Any) -> str:
    if field.column == "peaks":
        return "array_append(peaks, root)"
    if field.column == "tenant_id":
        return "gen_random_uuid()"
    value = next(value for kind, value in ALTERED.items() if type(field) is kind)
    value = f"coalesce({value}, gen_random_uuid())" if field.get_internal_type() == "UUIDField" else value
    if isinstance(field, models.CharField):
        value = f"CASE {{0}} WHEN '' THEN 'x' ELSE {value} END"
    return value.format(field.column)


@pytest.mark.parametrize(("model", "field"), FIELDS, ids=[f"{m.__name__}.{f.name}" for m, f in FIELDS])
def test_an_altered_field_of_any_row_is_found(
    tenant: uuid.UUID, model: type[models.Model], field: Any
) -> None:
    table, column = model._meta.db_table, field.column
    for key in keys(model, tenant):
        with as_owner(tenant, table) as cursor:
            cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [key])
            (before,) = cursor.fetchone()
            cursor.execute(
                f"UPDATE {table} SET {column} = {altered(field)} WHERE id = %s RETURNING id, {column}", [key]
            )
            moved, after = cursor.fetchone()
        assert after != before
        assert found(tenant), f"{table}.{column} of {key}"
        with as_owner(tenant, table) as cursor:
            cast = "::jsonb" if isinstance(field, models.JSONField) else ""
            cursor.execute(f"UPDATE {table} SET {column} = %s{cast} WHERE id = %s", [before, moved])
        assert found(tenant) == []


@pytest.mark.parametrize("model", KEPT)
def test_any_removed_row_is_found(tenant: uuid.UUID, model: type[models.Model]) -> None:
    table = model._meta.db_table
    for key in keys(model, tenant):
        with as_owner(tenant, table) as cursor:
            cursor.execute(
                f"CREATE TEMPORARY TABLE removed ON COMMIT DROP AS SELECT * FROM {table} WHERE id = %s", [key]
            )
            cursor.execute(f"DELETE FROM {table} WHERE id = %s", [key])
            cursor.execute("SELECT * FROM removed")
            row = cursor.fetchone()
        assert found(tenant), f"{table} {key}"
        with as_owner(tenant, table) as cursor:
            marks = ", ".join(
                "%s::jsonb" if isinstance(each, str) and each[:1] == "{" else "%s" for each in row
            )
            cursor.execute(f"INSERT INTO {table} VALUES ({marks})", row)
        assert found(tenant) == []


def test_an_entry_put_in_past_the_log_is_found(tenant: uuid.UUID) -> None:
    with scope(tenant):
        AuditEntry.objects.create(
            occurred_at=timezone.now(), action="x", actor_kind="user", actor_name="吴桐"
        )
    assert "1 entries stand beside the log" in found(tenant)[0]


def test_the_end_cut_off_with_its_seal_is_found_by_the_checkpoint(tenant: uuid.UUID) -> None:
    with as_owner(
        tenant, "platform_auditentry", "platform_auditleaf", "platform_auditseal", "platform_auditnode"
    ) as owner:
        owner.execute(
            "DELETE FROM platform_auditentry e USING platform_auditleaf l WHERE l.entry_id = e.id AND sequence > 4 AND e.tenant_id = %s",
            [tenant],
        )
        owner.execute("DELETE FROM platform_auditleaf WHERE sequence > 4 AND tenant_id = %s", [tenant])
        owner.execute("DELETE FROM platform_auditseal WHERE size > 4 AND tenant_id = %s", [tenant])
        owner.execute(
            "DELETE FROM platform_auditnode WHERE (index + 1) << level > 4 AND tenant_id = %s", [tenant]
        )
    assert found(tenant) == ["the log is shorter than the 7 entries of a checkpoint: its end was removed"]
