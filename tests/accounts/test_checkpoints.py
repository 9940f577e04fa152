"""Each company's audit log is signed once a day."""

import datetime
from typing import Any

import pytest

from tests.cast import Company
from zhiyin.accounts import tasks
from zhiyin.platform.audit import checkpoints, signing
from zhiyin.platform.audit.verify import origin_of
from zhiyin.platform.errors import Conflict
from zhiyin.platform.models import AuditCheckpoint, AuditEntry

NOW = datetime.datetime(2026, 11, 22, 19, 25, tzinfo=datetime.UTC)


def test_every_company_gets_a_checkpoint_of_its_own(cast: Company, other: Company) -> None:
    tasks.sign_logs(NOW)
    tasks.sign_logs(NOW + datetime.timedelta(days=1))
    for company in (cast, other):
        with company.scope():
            newest = checkpoints.read(AuditCheckpoint.objects.order_by("-size")[0])
            assert AuditCheckpoint.objects.count() == 2
            assert (
                AuditEntry.objects.filter(action="platform.checkpoint_made", actor_kind="system").count() == 2
            )
        assert newest.time == "2026-11-23T19:25:00Z"
        assert newest.origin == origin_of(str(company.tenant.pk))
        newest.check_signature(signing.public_key())


def test_a_damaged_log_keeps_no_other_from_being_signed(
    cast: Company, other: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged, sound = sorted((cast, other), key=lambda company: company.tenant.pk)
    sign = tasks.make_checkpoint

    def refusing(**given: Any) -> AuditCheckpoint:
        if given["actor"].tenant_id == damaged.tenant.pk:
            raise Conflict
        return sign(**given)

    monkeypatch.setattr(tasks, "make_checkpoint", refusing)
    tasks.sign_logs(NOW)
    with damaged.scope():
        assert not AuditCheckpoint.objects.exists()
    with sound.scope():
        assert AuditCheckpoint.objects.count() == 1
