"""Leads from files: who is one already is left, what is wrong is refused, undone."""

from typing import Any

import pytest

from tests.cast import Company
from tests.imports.importing import NOW, import_text, query, step
from zhiyin.platform.actors import Actor
from zhiyin.sales import actions
from zhiyin.sales.models import Lead

HEADER = "线索名称,公司,手机,邮箱,渠道,来源,市场活动,需求,负责人,提交时间\n"


@pytest.fixture
def gao(cast: Company, committed: None) -> Actor:
    return cast.gao.actor


def leads(actor: Actor) -> list[tuple[Any, ...]]:
    return query(
        actor,
        "SELECT l.name, l.company, l.phone_key, l.email_key, l.origin, l.source, l.campaign, l.details, m.name, l.state"
        " FROM sales_lead l LEFT JOIN accounts_member m ON m.id = l.owner_id ORDER BY l.name_key, l.id",
    )


def test_leads_come_with_all_that_is_known(gao: Actor) -> None:
    batch = import_text(
        gao,
        HEADER + "周敏,明远,138 0013 8000,,展会,广交会,春季,十台泵,林岚,2026-03-01\n"
        "李雷,,,LI@x.cn,,官网,,,Nobody,\n"
        "王五,,12,,,,,,,\n",
        kind="leads",
    )
    assert batch.result["effect"] == {"leads_created": 3, "leads_known": 0}
    assert sorted(leads(gao)) == sorted([
        ("周敏", "明远", "+8613800138000", "", "event", "广交会", "春季", "十台泵", "林岚", "new"),
        ("李雷", "", "", "li@x.cn", "web", "官网", "", "", "高敏", "new"),
        ("王五", "", "", "", "hand", "", "", "", "高敏", "new"),
    ])  # fmt: skip
    assert query(gao, "SELECT (created_at AT TIME ZONE 'Asia/Shanghai')::date::text FROM sales_lead WHERE name = '周敏'") == [
        ("2026-03-01",)
    ]  # fmt: skip


def test_who_is_an_open_lead_already_is_left(cast: Company, gao: Actor) -> None:
    text = HEADER + "周敏,,13800138000,,,,,,,\n周小敏,,138 0013 8000,,,,,,,\n王五,甲,,,,,,,,\n"
    assert import_text(gao, text, kind="leads").result["effect"] == {"leads_created": 2, "leads_known": 0}
    assert import_text(gao, text, kind="leads").result["effect"] == {"leads_created": 0, "leads_known": 2}
    with cast.scope():
        zhou = Lead.objects.get(name="周敏")
        actions.set_lead_state(actor=gao, lead_id=zhou.pk, state="unfit", reason="无需求", now=NOW)
    assert import_text(gao, text, kind="leads").result["effect"] == {"leads_created": 1, "leads_known": 1}


def test_undo_keeps_what_somebody_worked_on(cast: Company, gao: Actor) -> None:
    batch = import_text(gao, HEADER + "周敏,,13800138000,,,,,,,\n王五,,,,,,,,,\n", kind="leads")
    with cast.scope():
        actions.set_lead_state(actor=gao, lead_id=Lead.objects.get(name="王五").pk, state="working", now=NOW)
    assert step(gao, batch, "undo").result["undone"] == {"leads_deleted": 1, "leads_kept": 1}
    assert [row[0] for row in leads(gao)] == ["王五"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [("周,,,,,,,,,2030-01-01", "in the future"), ("周,,,,,,,,,1800-01-01", "before 1900")],
)
def test_a_wrong_row_is_refused_and_the_others_are_not(gao: Actor, row: str, reason: str) -> None:
    batch = import_text(gao, f"{HEADER}王五,,,,,,,,,\n{row}\n", kind="leads")
    assert (batch.result["refused"], [each[0] for each in leads(gao)]) == (1, ["王五"])
    assert reason in str(batch.result["refusals"])


def test_who_sees_own_records_keeps_them(cast: Company, committed: None) -> None:
    with cast.scope():
        role = cast.lin.member.role
        role.permissions = [*role.permissions, "imports.run"]
        role.save()
    import_text(cast.lin.actor, HEADER + "周敏,,,,,,,,陈晨,\n", kind="leads")
    assert [row[8] for row in leads(cast.gao.actor)] == ["林岚"]
