"""Sensitive values from files: checked, encrypted, filled in, taken back, and in clear nowhere afterwards."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.imports.importing import import_text, step
from zhiyin.customers import actions, queries
from zhiyin.customers.models import Customer, SensitiveIndex, SensitiveValue
from zhiyin.platform.actors import Actor
from zhiyin.platform.models import AuditEntry
from zhiyin.platform.tenancy import scope

NUMBER, OTHER, CARD = "11010519491231002X", "440524188001010014", "6222021234567890128"
FILE = f"""客户编号,客户名称,身份证号,银行卡号
K1,王小明,{NUMBER.lower()},{CARD}
K2,李四,{OTHER},
K3,张三,110105194912310021,
K4,赵六,,
"""


def masks(actor: Actor) -> dict[str, list[str]]:
    with scope(actor.tenant_id):
        return {
            each.name: [row.mask for row in queries.sensitive_of(actor, each.pk)]
            for each in Customer.objects.order_by("code")
        }


def test_values_are_encrypted_on_their_way_in(own: Actor) -> None:
    batch = import_text(own, FILE, kind="customers")
    assert batch.result["refused"] == 1, "the check digit of the third is wrong"
    assert masks(own) == {
        "王小明": ["1101**********002X", "6222 **** **** 0128"],
        "李四": ["4405**********0014", ""],
        "赵六": ["", ""],
    }
    with scope(own.tenant_id):
        found = queries.quick_search(own, NUMBER)
        assert [row["name"] for row in found] == ["王小明"]
    wanted = [NUMBER, NUMBER.lower(), OTHER, CARD]
    kept = [path for path in Path(settings.ZHIYIN_HOME, "files").rglob("*") if path.is_file()]
    folder = str(own.tenant_id)
    assert not [
        path for path in kept if folder in str(path) and any(each in path.read_text() for each in wanted)
    ]
    with scope(own.tenant_id), connection.cursor() as cursor:
        for table in (
            "imports_import",
            "imports_importchange",
            "platform_auditentry",
            "platform_job",
            "outbox_event",
        ):
            cursor.execute(
                f"SELECT count(*) FROM {table} t WHERE t::text LIKE ANY (%s)",
                [[f"%{each}%" for each in wanted]],
            )
            assert cursor.fetchone() == (0,), table


def test_of_known_customers_only_what_is_empty_is_filled_and_undone(own: Actor) -> None:
    import_text(own, f"客户编号,客户名称,身份证号\nK1,王小明,{NUMBER}\nK2,李四,\n", kind="customers")
    before = masks(own)
    batch = import_text(own, FILE, kind="customers")
    assert masks(own)["王小明"] == ["1101**********002X", "6222 **** **** 0128"]
    assert masks(own)["李四"][0] == "4405**********0014"
    with scope(own.tenant_id):
        wang = Customer.objects.get(name="王小明")
        changes = [each.changes for each in AuditEntry.objects.filter(subject_id=wang.pk)]
        assert {"bank_account": [None, "***"]} in changes
    step(own, batch, "undo")
    assert masks(own) == before
    with scope(own.tenant_id):
        assert SensitiveIndex.objects.count() == SensitiveValue.objects.count() == 1


def test_what_was_written_since_stays_at_undo(own: Actor) -> None:
    batch = import_text(own, FILE, kind="customers")
    with scope(own.tenant_id):
        li = Customer.objects.get(name="李四")
        later = batch.applied_at.replace(year=2027)
        actions.set_sensitive(actor=own, customer_id=li.pk, name="id_number", value=NUMBER, now=later)
    step(own, batch, "undo")
    assert masks(own) == {"李四": ["1101**********002X", ""]}


@pytest.mark.parametrize("content", [f"客户编号,身份证号\nK1,{NUMBER}\n"])
def test_the_column_is_recognised(own: Actor, content: str) -> None:
    assert import_text(own, content, kind="customers").mapping["id_number"] == "身份证号"
