"""New customers of a file go by the company's rules of assignment, in the import's own transaction."""

import datetime
from collections import Counter
from typing import Any

from tests.cast import Company
from tests.imports.importing import contents, import_text, query, step
from zhiyin.customers import actions
from zhiyin.customers.actions import AssignmentRules, PoolRules, Turn
from zhiyin.customers.filters.tree import read

ROWS = "客户编号,客户名称,城市,负责人\n" + "".join(f"A{n},客户{n},广州,\n" for n in range(6))
NAMED = "A7,有主,广州,陈晨\nA8,北方,北京,\n"


def _rules(cast: Company, now: datetime.datetime) -> None:
    north: Any = read({"of": [{"field": "city", "op": "in", "value": ["北京"]}]})
    gao = cast.gao.actor
    with cast.scope():
        pool = actions.create_pool(actor=gao, rules=PoolRules("公海"), now=now)
        turns = (Turn(cast.lin.member.pk, 2), Turn(cast.ma.member.pk))
        for rules in (
            AssignmentRules("北方", filter=north, target="pool", pool=pool.pk),
            AssignmentRules("轮流", people=turns, reason="新客户轮流"),
        ):
            actions.create_assignment_rule(actor=gao, rules=rules, now=now)


def _owners(cast: Company) -> dict[str, str | None]:
    rows = query(
        cast.gao.actor,
        "SELECT c.code, coalesce(m.name, p.name) FROM customers_customer c"
        " LEFT JOIN accounts_member m ON m.id = c.owner_id LEFT JOIN customers_pool p ON p.id = c.pool_id ORDER BY 1",
    )
    return dict(rows)


def test_whom_no_owner_is_named_for_goes_by_the_rules(cast: Company, now: datetime.datetime) -> None:
    _rules(cast, now)
    gao = cast.gao.actor
    batch = import_text(gao, ROWS + NAMED, kind="customers")
    assert batch.state == "applied", batch.job.error
    found = _owners(cast)
    assert (found.pop("A7"), found.pop("A8")) == ("陈晨", "公海")
    assert Counter(found.values()) == {"林岚": 4, "马超": 2}
    assert batch.result["effect"]["customers_assigned"] == 7
    kept = query(gao, "SELECT DISTINCT reason FROM customers_assignment ORDER BY 1")
    assert sorted(kept) == [("北方",), ("新客户轮流",)]
    again = import_text(gao, ROWS, kind="customers")
    assert "customers_assigned" not in again.result["effect"], "those who are there already stay"
    step(gao, batch, "undo")
    assert not any(contents(gao).values())
    assert query(gao, "SELECT count(*) FROM customers_assignment") == [(0,)]


def test_who_sees_his_own_only_keeps_whom_he_imports(cast: Company, now: datetime.datetime) -> None:
    _rules(cast, now)
    with cast.scope():
        role = cast.lin.member.role
        role.permissions = [*role.permissions, "imports.run"]
        role.save()
    import_text(cast.lin.actor, ROWS, kind="customers")
    assert set(_owners(cast).values()) == {"林岚"}
