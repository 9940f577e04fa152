"""Follow-ups and tasks from files: whom they are about, who did them, what is done and what is open."""

import datetime
from typing import Any

import pytest

from tests.cast import Company
from tests.imports.importing import NOW, import_text, query, step, upload
from zhiyin.customers import actions
from zhiyin.customers.queries import CustomerFilter
from zhiyin.platform.actors import Actor

HEADER = "编号,客户名称,邮箱,手机,类型,日期,主题,内容,状态,截止日期,负责人\n"


@pytest.fixture
def gao(cast: Company, committed: None) -> Actor:
    with cast.scope():
        for name, code, phone in (("王小明", "K1", "13900000000"), ("王小明", "K2", ""), ("颐和", "K3", "")):
            made = actions.create_customer(actor=cast.gao.actor, name=name, code=code, now=NOW)
            if phone:
                actions.add_contact(
                    actor=cast.gao.actor, customer_id=made.pk, kind="phone", value=phone, now=NOW
                )
            else:
                actions.add_contact(
                    actor=cast.gao.actor,
                    customer_id=made.pk,
                    kind="email",
                    value=f"{code}@Example.cn",
                    now=NOW,
                )
    return cast.gao.actor


def follow_ups(actor: Actor) -> list[tuple[Any, ...]]:
    return query(
        actor,
        "SELECT c.code, f.kind, f.body, m.name, f.created_at FROM activities_followup f"
        " JOIN customers_customer c ON c.id = f.customer_id LEFT JOIN accounts_member m ON m.id = f.author_id"
        " ORDER BY f.id",
    )


def tasks(actor: Actor) -> list[tuple[Any, ...]]:
    return query(
        actor,
        "SELECT c.code, t.title, t.details, t.due_on, m.name FROM activities_task t"
        " JOIN customers_customer c ON c.id = t.customer_id JOIN accounts_member m ON m.id = t.assignee_id"
        " ORDER BY t.id",
    )


def test_what_is_done_and_what_is_open(gao: Actor) -> None:
    batch = import_text(
        gao,
        HEADER
        + "k1,,,,电话沟通,2026-03-05 09:30,报价,客户要八折,已完成,,林岚\n"
        + ",,k2@example.cn,,上门拜访,2026-03-06,,看了样机,,,lin@yihe.example\n"
        + ",颐和,,,邮件,2026-03-07,谢函,,完成,,路人\n"
        + ",,,139 0000 0000,任务,,回电,问交期,未开始,2026-12-01,林岚\n",
        kind="activities",
    )
    assert batch.state == "applied", batch.job.error
    assert batch.result["effect"] == {"follow_ups_created": 3, "tasks_created": 1}
    rows = follow_ups(gao)
    assert [row[:4] for row in rows] == [
        ("K1", "call", "报价\n客户要八折", "林岚"),
        ("K2", "visit", "看了样机", "林岚"),
        ("K3", "mail", "谢函", None),
    ]
    assert rows[0][4] == datetime.datetime(2026, 3, 5, 1, 30, tzinfo=datetime.UTC)
    assert tasks(gao) == [("K1", "回电", "问交期", datetime.date(2026, 12, 1), "林岚")]
    assert "路人" not in str(batch.result)
    told = [each["text"] for each in batch.result["messages"]]
    assert any("no member of the company" in text for text in told)
    assert query(gao, "SELECT count(*) FROM customers_timelineevent WHERE kind = 'follow_up'") == [(3,)]


def test_rows_about_nobody_or_several_are_refused(gao: Actor) -> None:
    batch = import_text(
        gao,
        HEADER + ",王小明,,,电话,2026-03-05,谈过,,,,\nK9,,,,电话,2026-03-05,谈过,,,,\nK1,,,,电话,,谈过,,,,\n",
        kind="activities",
    )
    assert batch.result["refused"] == 2
    reasons = {message["text"]: count for message, count in batch.result["refusals"]}
    assert reasons == {
        "There is no such customer within your reach.": 1,
        "Several customers are called so; a code, telephone or e-mail would tell which.": 1,
    }
    assert [row[:3] for row in follow_ups(gao)] == [("K1", "call", "谈过")]


def test_customers_in_a_pool_are_known_by_their_telephone(gao: Actor, cast: Company) -> None:
    with cast.scope():
        pool = actions.create_pool(actor=gao, rules=actions.PoolRules("公海"), now=NOW)
        everybody = actions.Selection(where=CustomerFilter())
        actions.return_customers(actor=gao, selection=everybody, pool_id=pool.pk, reason="忙", now=NOW)
    rows = ",,,139-0000-0000,电话沟通,2026-03-05,,要报价,完成,,\n,,k2@example.cn,,电话沟通,2026-03-06,,再联系,完成,,\n"
    batch = import_text(gao, HEADER + rows, kind="activities")
    assert batch.state == "applied", batch.job.error
    assert [code for code, *_rest in follow_ups(gao)] == ["K1", "K2"]


def test_again_changes_nothing_and_undo_takes_all_back(gao: Actor) -> None:
    text = HEADER + "K1,,,,电话,2026-03-05,谈过,,,,\nK3,,,,任务,,回电,,未开始,2026-12-01,林岚\n"
    first = import_text(gao, text, kind="activities")
    again = import_text(gao, text, kind="activities")
    assert again.result["effect"] == {"follow_ups_created": 0, "tasks_created": 0}
    assert len(follow_ups(gao)) == len(tasks(gao)) == 1
    undone = step(gao, first, "undo")
    assert undone.result["undone"] == {"follow_ups_deleted": 1, "tasks_deleted": 1, "tasks_kept": 0}
    assert follow_ups(gao) == tasks(gao) == []
    assert query(gao, "SELECT count(*) FROM customers_timelineevent WHERE kind = 'follow_up'") == [(0,)]


def test_a_finished_task_outlives_the_undoing(gao: Actor) -> None:
    batch = import_text(gao, HEADER + "K3,,,,任务,,回电,,未开始,2026-12-01,林岚\n", kind="activities")
    query(gao, "UPDATE activities_task SET state = 'done', closed_at = now() RETURNING id")
    assert step(gao, batch, "undo").result["undone"]["tasks_kept"] == 1


def test_a_seller_reaches_her_own_customers_and_gives_tasks_to_herself(gao: Actor, cast: Company) -> None:
    lin = cast.lin.actor
    with cast.scope():
        actions.create_customer(actor=lin, name="林的客户", code="L1", now=NOW)
    permissions = frozenset({*lin.permissions, "imports.run"})
    lin = Actor(**{name: getattr(lin, name) for name in lin.__slots__} | {"permissions": permissions})
    text = HEADER + "K1,,,,电话,2026-03-05,谈过,,,,\nL1,,,,任务,,回电,,未开始,2026-12-01,陈晨\n"
    with cast.scope():
        member = cast.lin.member
        member.role.permissions = [*member.role.permissions, "imports.run"]
        member.role.save()
    batch = import_text(lin, text, kind="activities")
    assert batch.result["refused"] == 1
    assert tasks(gao) == [("L1", "回电", "", datetime.date(2026, 12, 1), "林岚")]


def test_the_check_tells_what_would_be_new(gao: Actor) -> None:
    batch = upload(gao, HEADER + "K1,,,,电话,2026-03-05,谈过,,,,\n", kind="activities")
    checked = step(gao, batch, "check")
    assert checked.result["effect"] == {"follow_ups_new": 1, "tasks_new": 0}
    assert follow_ups(gao) == []
