"""Sealing, export and check of a tenant's audit log in the database."""

import io
import threading
import uuid
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from django.db import connections
from django.utils import timezone

from zhiyin.platform import jobs, outbox
from zhiyin.platform.actions import check_audit_log
from zhiyin.platform.actors import Actor
from zhiyin.platform.audit import log
from zhiyin.platform.audit.verify import verify
from zhiyin.platform.errors import PermissionDenied
from zhiyin.platform.models import AuditEntry, AuditLeaf, AuditPending, AuditSeal
from zhiyin.platform.record import record
from zhiyin.platform.tenancy import scope

pytestmark = pytest.mark.usefixtures("committed")


@dataclass(frozen=True)
class Poured(outbox.Event):
    name: ClassVar = "tests.poured"


@pytest.fixture
def tenant() -> uuid.UUID:
    return uuid.uuid4()


def write(tenant: uuid.UUID, count: int = 1) -> None:
    actor = Actor(tenant_id=tenant, member_id=uuid.uuid4(), name="林岚")
    with scope(tenant):
        for number in range(count):
            subject = ("cup", uuid.uuid4())
            changes = {"level": [None, number], "note": ["", "热\n水"], "price": [1.50, None]}
            record(Poured(), actor=actor, now=timezone.now(), subject=subject, changes=changes)


def exported(tenant: uuid.UUID) -> list[str]:
    target = io.StringIO()
    log.export(tenant, target)
    return target.getvalue().splitlines()


def test_a_log_grows_seal_by_seal_and_verifies(tenant: uuid.UUID) -> None:
    roots = []
    for count in (3, 1, 4):
        write(tenant, count)
        assert tenant in log.unsealed_tenants()
        assert log.seal(tenant, now=timezone.now()) == count
        with scope(tenant):
            roots.append(bytes(log.last_seal().root).hex())
    assert tenant not in log.unsealed_tenants()
    report = verify(exported(tenant), noted_roots=roots)
    assert report.ok, report.problems
    assert report.size == 8
    assert sorted(report.roots_found.values()) == [3, 4, 8]
    with scope(tenant):
        assert not AuditPending.objects.exists()
        assert AuditSeal.objects.count() == 3


def test_an_empty_log_verifies(tenant: uuid.UUID) -> None:
    assert verify(exported(tenant)).ok


def test_more_than_a_batch_is_sealed(tenant: uuid.UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "BATCH", 4)
    write(tenant, 11)
    assert log.seal(tenant, now=timezone.now()) == 11
    assert verify(exported(tenant)).ok


@pytest.mark.parametrize(
    ("attack", "text"),
    [
        ("UPDATE platform_auditentry SET actor_name = '吴桐' WHERE id = %s", "entry 2 was altered"),
        ("UPDATE platform_auditentry SET changes = '{}' WHERE id = %s", "entry 2 was altered"),
        ("UPDATE platform_auditentry SET occurred_at = now() WHERE id = %s", "entry 2 was altered"),
        ("DELETE FROM platform_auditleaf WHERE entry_id = %s", "entry 2 is missing"),
    ],
)
def test_what_the_owner_of_the_database_changes_is_found(tenant: uuid.UUID, attack: str, text: str) -> None:
    write(tenant, 4)
    log.seal(tenant, now=timezone.now())
    tamper(tenant, attack)
    assert text in [problem.text for problem in verify(exported(tenant)).problems]


def tamper(tenant: uuid.UUID, attack: str) -> None:
    """Do to the second entry what only the owner of the database can."""
    with scope(tenant):
        victim = AuditLeaf.objects.get(sequence=2).entry_id
    owner = connections["owner"]
    with scope(tenant, using="owner"), owner.cursor() as cursor:
        cursor.execute("SET LOCAL zhiyin.maintenance = 'on'")
        cursor.execute("ALTER TABLE platform_auditentry DISABLE TRIGGER append_only")
        cursor.execute("ALTER TABLE platform_auditleaf DISABLE TRIGGER append_only")
        cursor.execute(attack, [victim])
        assert cursor.rowcount == 1
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE platform_auditentry ENABLE TRIGGER append_only")
        cursor.execute("ALTER TABLE platform_auditleaf ENABLE TRIGGER append_only")


def test_the_check_is_a_job_that_tells_how_far_it_is(tenant: uuid.UUID) -> None:
    write(tenant, 5)
    auditor = Actor(
        tenant_id=tenant, member_id=uuid.uuid4(), name="高敏", permissions=frozenset({"audit.view"})
    )
    with scope(tenant):
        with pytest.raises(PermissionDenied):
            check_audit_log(actor=replace(auditor, permissions=frozenset()), now=timezone.now())
        job = check_audit_log(actor=auditor, now=timezone.now())
        assert check_audit_log(actor=auditor, now=timezone.now()).pk == job.pk
    told: list[tuple[int, int | None]] = []
    ended = jobs.run_now(job, watcher=lambda done, total, _message: told.append((done, total)))
    # the five and the start of the job itself
    assert told == [(number, 6) for number in range(1, 7)]
    assert ended.result is not None
    assert (ended.result["ok"], ended.result["size"]) == (True, 6)
    tamper(tenant, "UPDATE platform_auditentry SET actor_name = '吴桐' WHERE id = %s")
    with scope(tenant):
        again = check_audit_log(actor=auditor, now=timezone.now())
        assert again.pk != job.pk
    result = jobs.run_now(again).result
    assert result is not None
    assert not result["ok"]
    assert "entry 2 was altered" in [each["text"] for each in result["problems"]]


def test_several_sealers_at_once_make_one_log(tenant: uuid.UUID) -> None:
    write(tenant, 30)
    gate = threading.Barrier(4)

    def sealer() -> None:
        gate.wait()
        for _ in range(20):
            log.seal(tenant, now=timezone.now())
        connections.close_all()

    def writer() -> None:
        gate.wait()
        for _ in range(30):
            write(tenant)
        connections.close_all()

    threads = [threading.Thread(target=work) for work in (sealer, sealer, sealer, writer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = verify(exported(tenant))
    assert report.ok, report.problems
    assert report.size == 60
    with scope(tenant):
        assert AuditEntry.objects.count() == 60


def test_a_tenants_log_holds_only_its_own_entries(tenant: uuid.UUID) -> None:
    other = uuid.uuid4()
    write(tenant, 2)
    write(other, 3)
    assert verify(exported(tenant)).size == 2
    assert verify(exported(other)).size == 3
