"""A customer's own trail: who changed what, in words, for whom it is."""

import json
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.cast import Company
from tests.imports.importing import import_text, step
from zhiyin.accounts.queries import audit_checkpoints
from zhiyin.customers import actions, queries
from zhiyin.customers.models import Customer
from zhiyin.platform import jobs
from zhiyin.platform.audit import signing
from zhiyin.platform.audit.verify import verify
from zhiyin.platform.errors import NotFound, PermissionDenied
from zhiyin.platform.models import AuditEntry, Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def wang(cast: Company) -> Customer:
    with cast.scope():
        return actions.create_customer(
            actor=cast.lin.actor, name="王小明", code="K-1", city="上海", now=timezone.now()
        )


def change(cast: Company, wang: Customer, **changes: object) -> None:
    with cast.scope():
        actions.update_customer(
            actor=cast.gao.actor, customer_id=wang.pk, changes=changes, reason="展会", now=timezone.now()
        )


def test_each_field_is_told_before_and_after_in_words(cast: Company, wang: Customer) -> None:
    cast.gao.client.cookies["zhiyin_language"] = "en"
    change(cast, wang, city="北京", owner_id=cast.chen.member.pk, status="target")
    with cast.scope():
        actions.create_customer(actor=cast.gao.actor, name="别人", city="广州", now=timezone.now())
    page = cast.gao.client.get(f"/customers/{wang.pk}/trail/").content.decode()
    assert '<s class="text-3">上海</s> → 北京' in page
    assert f"{cast.lin.member.name}</s> → {cast.chen.member.name}" in page
    assert "→ Target" in page
    assert str(cast.chen.member.pk) not in page
    assert "广州" not in page
    assert page.index("Customer changed") < page.index("Customer added")
    assert f"/customers/{wang.pk}/trail/" in cast.gao.client.get(f"/customers/{wang.pk}/").content.decode()
    assert (
        f"/customers/{wang.pk}/trail/" not in cast.lin.client.get(f"/customers/{wang.pk}/").content.decode()
    )


def test_what_an_import_changed_and_took_back_is_in_the_trail_of_each(cast: Company, wang: Customer) -> None:
    gao = cast.gao.actor
    rows = "客户编号,客户名称,城市,手机\nK-1,王小明,北京,13800001234\nK-2,李雷,广州,13900001234\n"
    batch = import_text(gao, rows, kind="customers")

    def told() -> list[dict[str, list[str | None]]]:
        with cast.scope():
            found = AuditEntry.objects.filter(subject_id=wang.pk, action="customers.customer_changed")
            return [entry.changes for entry in found.order_by("pk")]

    assert {"city": ["上海", "北京"]} in told()
    assert {"phone": [None, "13800001234"]} in told()
    assert len(told()) == 2
    assert step(gao, batch, "undo").state == "undone"
    assert {"city": ["北京", "上海"]} in told()
    assert {"phone": ["13800001234", None]} in told()
    assert len(told()) == 4


def test_hostile_values_stay_text(cast: Company, wang: Customer) -> None:
    change(cast, wang, city="<script>alert(1)</script>")
    page = cast.gao.client.get(f"/customers/{wang.pk}/trail/").content.decode()
    assert "<script>alert(1)" not in page


def test_pages_follow_each_other_in_a_fixed_number_of_statements(cast: Company, wang: Customer) -> None:
    def statements() -> int:
        with cast.scope(), CaptureQueriesContext(connection) as asked:
            queries.trail(cast.gao.actor, wang.pk)
        return len(asked)

    few = statements()
    for number in range(60):
        change(cast, wang, city=f"城{number}")
    assert statements() == few
    seen, after = [], ""
    with cast.scope():
        while True:
            found = queries.trail(cast.gao.actor, wang.pk, after=after, limit=25)
            seen += [entry.pk for entry in found.rows]
            if not found.next:
                break
            after = found.next
    assert len(seen) == len(set(seen)) == 61
    assert seen == sorted(seen, reverse=True)


def test_the_record_scope_and_the_permission_are_asked(cast: Company, wang: Customer) -> None:
    with cast.scope():
        with pytest.raises(PermissionDenied):
            queries.trail(cast.lin.actor, wang.pk)
        reader = replace(cast.wu.actor, permissions=cast.wu.actor.permissions | {"audit.view"})
        with pytest.raises(NotFound):
            queries.trail(reader, wang.pk)


def test_a_programs_trail_and_its_proof(cast: Company, wang: Customer) -> None:
    change(cast, wang, city="北京")
    items = cast.gao.client.get(f"/api/v1/customers/{wang.pk}/trail/").json()["items"]
    assert [each["changes"].get("city") for each in items] == [["上海", "北京"], [None, "上海"]]
    proof = f"/api/v1/audit/{items[0]['id']}/proof/"
    assert cast.gao.client.get(proof).status_code == 409
    signed = cast.gao.client.post("/api/v1/audit/checkpoints/").json()
    document = cast.gao.client.get(proof).json()
    key = cast.gao.client.get("/api/v1/audit/key/").json()["key"]
    assert verify([json.dumps(document)], checkpoints=[signed["note"]], key=key).ok
    assert document["entry"]["changes"]["city"] == ["上海", "北京"]
    later = cast.gao.client.post("/api/v1/audit/checkpoints/").json()
    growth = cast.gao.client.get(f"/api/v1/audit/checkpoints/{signed['size']}/{later['size']}/").json()
    assert verify([json.dumps(growth)], checkpoints=[signed["note"], later["note"]], key=key).ok
    listed = cast.gao.client.get("/api/v1/audit/checkpoints/").json()["items"]
    assert [each["size"] for each in listed] == [later["size"], signed["size"]]


def test_checkpoints_are_signed_and_downloaded_on_their_page(cast: Company, wang: Customer) -> None:
    cast.gao.client.cookies["zhiyin_language"] = "en"
    address = "/settings/audit/checkpoints/"
    assert "No checkpoint yet" in cast.gao.client.get(address).content.decode()
    for _ in range(2):
        assert cast.gao.client.post(address).status_code == 302
    page = cast.gao.client.get(address).content.decode()
    with cast.scope():
        sizes = [each.size for each in audit_checkpoints(actor=cast.gao.actor).rows]

    note = cast.gao.client.get(f"{address}{sizes[0]}/")
    assert note["Content-Disposition"] == f'attachment; filename="checkpoint-{sizes[0]}.txt"'
    growth = cast.gao.client.get(f"{address}{sizes[1]}/{sizes[0]}/")
    assert f"{address}{sizes[1]}/{sizes[0]}/" in page
    assert verify([growth.content.decode()], checkpoints=[note.content.decode()], key=signing.public_key()).ok
    script = cast.gao.client.get("/settings/audit/verify.py").content
    compile(script, "verify.py", "exec")
    assert cast.gao.client.get(f"{address}{10**30}/").status_code == 404


def test_what_an_export_read_is_audited(cast: Company, wang: Customer) -> None:
    now = timezone.now()
    with cast.scope():
        where = queries.CustomerFilter(q="王")
        actions.export_customers(
            actor=cast.gao.actor, selection=actions.Selection(where=where), columns=[], style="csv", now=now
        )
        job = Job.objects.get(kind="customers.export")
    jobs.run_now(job)
    with cast.scope():
        entry = AuditEntry.objects.get(action="customers.export_written")
    assert entry.actor_id == cast.gao.member.pk
    assert entry.changes["rows"] == [None, 1]
    assert entry.changes["selection"][1]["where"] == {"q": "王"}
    assert "王小明" not in json.dumps(entry.changes, ensure_ascii=False)
