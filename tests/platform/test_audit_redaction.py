"""What was said about an erased person is gone, and every proof of the log still holds."""

import io
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from tests.platform.tampering import as_owner
from tests.platform.test_audit_log import write
from tests.platform.test_audit_tampering import FIELDS, altered, found, without_links
from zhiyin.platform.actions import make_checkpoint
from zhiyin.platform.actors import Actor
from zhiyin.platform.audit import log
from zhiyin.platform.audit.checkpoints import inclusion_proof
from zhiyin.platform.audit.redaction import redact
from zhiyin.platform.audit.verify import REDACTED, REDACTION, verify
from zhiyin.platform.models import AuditEntry, AuditLeaf
from zhiyin.platform.tenancy import scope

ENTRY_FIELDS = [field for model, field in FIELDS if model is AuditEntry]


@pytest.fixture
def tenant(committed: None) -> Iterator[uuid.UUID]:
    """A log of six entries, the second and the fifth redacted, with a checkpoint from before."""
    tenant = uuid.uuid4()
    write(tenant, 4)
    log.seal(tenant, now=timezone.now())
    with scope(tenant):
        make_checkpoint(actor=Actor.system(tenant), now=timezone.now())
    write(tenant, 1)
    with scope(tenant):
        keys = list(AuditEntry.objects.order_by("id").values_list("id", flat=True))
        chosen = AuditEntry.objects.filter(pk__in=[keys[1], keys[5]])
        assert redact(Actor.system(tenant), chosen, now=timezone.now()) == 2
    with without_links():
        yield tenant


def exported(tenant: uuid.UUID) -> list[str]:
    stream = io.StringIO()
    log.export(tenant, stream)
    return stream.getvalue().splitlines()


def test_the_values_are_gone_and_the_log_holds(tenant: uuid.UUID) -> None:
    lines = exported(tenant)
    assert verify(lines).problems == []
    assert found(tenant) == []
    entries = [row["entry"] for row in map(json.loads, lines) if row["type"] == "entry"]
    assert [each["changes"] == REDACTED for each in entries] == [
        False,
        True,
        False,
        False,
        False,
        True,
        False,
    ]
    assert entries[-1]["action"] == REDACTION


def test_nothing_is_redacted_twice(tenant: uuid.UUID) -> None:
    with scope(tenant):
        assert (
            redact(Actor.system(tenant), AuditEntry.objects.filter(changes=REDACTED), now=timezone.now()) == 0
        )


def test_an_entry_made_to_look_redacted_is_found(tenant: uuid.UUID) -> None:
    with scope(tenant):
        leaf = AuditLeaf.objects.get(sequence=3)
    with scope(tenant), connection.cursor() as cursor:
        cursor.execute("SELECT redact_entries(%s)", [[leaf.entry_id]])
    assert found(tenant) == ["entry 3 was altered"]
    assert [each.text for each in verify(exported(tenant)).problems] == ["entry 3 was altered"]


@pytest.mark.parametrize("field", ENTRY_FIELDS, ids=[each.name for each in ENTRY_FIELDS])
def test_a_redacted_entry_altered_since_is_found(tenant: uuid.UUID, field: Any) -> None:
    table = AuditEntry._meta.db_table
    with scope(tenant):
        keys = list(AuditEntry.objects.filter(changes=REDACTED).values_list("pk", flat=True))
    for key in keys:
        with as_owner(tenant, table) as cursor:
            cursor.execute(f"UPDATE {table} SET {field.column} = {altered(field)} WHERE id = %s", [key])
    assert found(tenant)


def test_the_list_of_what_was_redacted_cannot_be_altered(tenant: uuid.UUID) -> None:
    table = AuditEntry._meta.db_table
    with as_owner(tenant, table) as cursor:
        cursor.execute(
            f"UPDATE {table} SET changes = jsonb_set(changes, '{{entries,1,2}}', jsonb_build_array('a', 'b'))"
            " WHERE action = %s AND tenant_id = %s",
            [REDACTION, tenant],
        )
        assert cursor.rowcount == 1
    assert "entry 7 was altered" in found(tenant)


def test_the_database_lets_an_entry_be_redacted_and_nothing_else(tenant: uuid.UUID) -> None:
    tables = "UPDATE platform_auditentry SET actor_name = 'x'", "DELETE FROM platform_auditentry"
    for statement in (*tables, "UPDATE platform_auditentry SET changes = '{}'"):
        with (
            pytest.raises(DatabaseError, match=r"append-only|permission denied"),
            transaction.atomic(using="owner"),
            scope(tenant, using="owner"),
            connections["owner"].cursor() as cursor,
        ):
            cursor.execute(statement)


def test_another_tenants_entries_are_out_of_reach(tenant: uuid.UUID) -> None:
    with scope(tenant):
        keys = list(AuditLeaf.objects.values_list("entry_id", flat=True))
    with scope(uuid.uuid4()), connection.cursor() as cursor:
        cursor.execute("SELECT redact_entries(%s)", [keys])
    assert found(tenant) == []


def test_that_a_redacted_entry_is_in_the_log_can_be_proved(tenant: uuid.UUID) -> None:
    with scope(tenant):
        keys = list(AuditLeaf.objects.order_by("sequence").values_list("entry_id", flat=True))
        proof = inclusion_proof(tenant, keys[1])
    assert proof["entry"]["changes"] == REDACTED
    assert verify([json.dumps(proof)]).problems == []
    altered_since = proof | {"entry": proof["entry"] | {"actor_name": "x"}}
    assert verify([json.dumps(altered_since)]).problems
    unlisted = proof | {"redaction": None}
    assert verify([json.dumps(unlisted)]).problems
    other = proof["redaction"] | {"entry": proof["redaction"]["entry"] | {"action": "x"}}
    assert verify([json.dumps(proof | {"redaction": other})]).problems
