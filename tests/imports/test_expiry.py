"""Files that people exported or uploaded go once the company keeps them no longer; what they did stays."""

import datetime
import uuid
from pathlib import Path

import pytest

from tests.cast import Company, company
from tests.imports.importing import NOW, step, upload
from zhiyin.accounts import tasks as account_tasks
from zhiyin.accounts.actions.company import change_company
from zhiyin.accounts.models import Tenant
from zhiyin.customers import actions as customer_actions
from zhiyin.customers.queries import CustomerFilter
from zhiyin.imports import actions, tasks
from zhiyin.imports.errors import FileExpired
from zhiyin.imports.models import Import
from zhiyin.platform import files, jobs
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.models import AuditEntry, Job, StoredFile

DAY = datetime.timedelta(days=1)
FILE = "name,code\nWang,K-1\n"


@pytest.fixture
def cast(committed: None) -> Company:
    made = company(f"expiry-{uuid.uuid4().hex[:8]}")
    Tenant.objects.filter(pk=made.tenant.pk).update(export_days=10, upload_days=20)
    return made


def exported(cast: Company) -> Job:
    with cast.scope():
        job = customer_actions.export_customers(
            actor=cast.gao.actor,
            selection=customer_actions.Selection(where=CustomerFilter()),
            columns=["name"],
            style="csv",
            now=NOW,
        )
    done = jobs.run_now(job)
    with cast.scope():
        Job.objects.filter(pk=done.pk).update(finished_at=NOW)
    return done


def kept(cast: Company) -> set[str]:
    with cast.scope():
        return set(StoredFile.objects.filter(expired_at=None).values_list("name", flat=True))


def test_an_exported_file_goes_with_its_day_and_the_page_says_so(cast: Company) -> None:
    job = exported(cast)
    key = uuid.UUID((job.result or {})["file"])
    account_tasks.expire_exports(NOW + 9 * DAY)
    with cast.scope():
        files.open(key).close()
        place = Path(files._place(files.get(key).key))
    account_tasks.expire_exports(NOW + 11 * DAY)
    with cast.scope():
        after = Job.objects.get(pk=job.pk)
        assert after.result is not None
        assert after.result["rows"] == 0
        assert "file" not in after.result
        assert not StoredFile.objects.filter(pk=key).exists()
        with pytest.raises(NotFound):
            jobs.result_file(cast.gao.actor, job.pk)
        entry = AuditEntry.objects.get(action="platform.files_expired")
        assert entry.changes == {"files": [None, 1]}
    assert not place.exists()
    client = cast.gao.client
    client.cookies["zhiyin_language"] = "en"
    page = client.get("/jobs/").content.decode()
    assert "its days are over" in page
    assert f"/jobs/{job.pk}/file/" not in page
    account_tasks.expire_exports(NOW + 12 * DAY)
    with cast.scope():
        assert AuditEntry.objects.filter(action="platform.files_expired").count() == 1


def test_the_file_of_an_import_goes_and_the_import_can_still_be_undone(cast: Company) -> None:
    gao = cast.gao.actor
    done = step(gao, upload(gao, FILE, name="done.csv", kind="customers"), "apply")
    with cast.scope():
        Import.objects.filter(pk=done.pk).update(applied_at=NOW)
    tasks.expire_files(NOW + 19 * DAY)
    assert kept(cast) == {"done.csv"}
    tasks.expire_files(NOW + 21 * DAY)
    assert kept(cast) == set()
    page = cast.gao.client
    page.cookies["zhiyin_language"] = "en"
    assert "its days are over" in page.get(f"/imports/{done.pk}/").content.decode()
    undone = step(gao, done, "undo", now=NOW + 22 * DAY)
    assert undone.state == "undone"
    with cast.scope(), pytest.raises(FileExpired):
        actions.start(actor=gao, import_id=done.pk, step="apply", now=NOW + 22 * DAY)


def test_an_upload_that_nobody_imported_is_discarded(cast: Company) -> None:
    gao = cast.gao.actor
    upload(gao, FILE, name="draft.csv", kind="customers")
    tasks.expire_files(NOW + 21 * DAY)
    with cast.scope():
        assert not Import.objects.exists()
        assert not StoredFile.objects.exists()


def test_what_is_being_imported_keeps_its_file(cast: Company) -> None:
    gao = cast.gao.actor
    batch = upload(gao, FILE, name="busy.csv", kind="customers")
    with cast.scope():
        actions.start(actor=gao, import_id=batch.pk, step="apply", now=NOW)
    tasks.expire_files(NOW + 21 * DAY)
    assert kept(cast) == {"busy.csv"}


def test_the_company_says_for_how_long(cast: Company) -> None:
    of_today = {"name": "一合", "currency": "CNY", "time_zone": "Asia/Shanghai", "language": "zh-hans"}
    with cast.scope():
        gao = cast.gao.actor
        changed = change_company(actor=gao, now=NOW, export_days=1, upload_days=3650, **of_today)
        assert (changed.export_days, changed.upload_days, changed.bin_days) == (1, 3650, 30)
        with pytest.raises(Invalid):
            change_company(actor=gao, now=NOW, export_days=0, **of_today)
