"""Whose the customers of a file are, and whom they belong to."""

from tests.cast import Company
from tests.imports.importing import contents, import_text, query, step
from zhiyin.platform.actors import Actor

COMPANIES = "客户编号,客户名称,客户类型,上级公司,负责人\nA1,颐和集团有限公司,企业,,林岚\nA2,颐和电器有限公司,企业,A1,路人\n"


def related(actor: Actor) -> list[tuple[str, str, str, str]]:
    return query(
        actor,
        "SELECT s.code, t.code, o.code, r.title FROM customers_relation r"
        " JOIN customers_relationtype t ON t.id = r.type_id JOIN customers_customer s ON s.id = r.source_id"
        " JOIN customers_customer o ON o.id = r.target_id ORDER BY 1, 2, 3",
    )


def owners(actor: Actor) -> list[tuple[str, str | None, str | None]]:
    return query(
        actor,
        "SELECT c.code, m.name, u.name FROM customers_customer c LEFT JOIN accounts_member m ON m.id = c.owner_id"
        " LEFT JOIN accounts_unit u ON u.id = c.unit_id ORDER BY 1",
    )


def test_owners_and_parents_of_one_file(cast: Company) -> None:
    gao = cast.gao.actor
    batch = import_text(gao, COMPANIES, kind="customers")
    assert batch.state == "applied", batch.job.error
    assert owners(gao) == [("A1", "林岚", "上海一组"), ("A2", None, None)]
    assert related(gao) == [("A2", "parent", "A1", "")]
    assert batch.result["effect"]["parent_created"] == 1
    assert "no member of the company" in str(batch.result["messages"])
    step(gao, batch, "undo")
    assert not any(contents(gao).values())
    assert related(gao) == []


def test_people_are_related_to_where_they_work(cast: Company) -> None:
    gao = cast.gao.actor
    import_text(gao, COMPANIES, kind="customers")
    people = import_text(
        gao,
        "编号,姓,名,所属公司,职务\nP1,王,小明,a1,采购经理\nP2,Smith,John,颐和电器有限公司,CTO\nP3,李,雷,没有这家,\nA1,,,A1,\n",
        kind="customers",
    )
    assert people.state == "applied", people.job.error
    assert query(gao, "SELECT code, name FROM customers_customer WHERE code LIKE 'P%%' ORDER BY 1") == [
        ("P1", "王小明"), ("P2", "John Smith"), ("P3", "李雷"),
    ]  # fmt: skip
    assert related(gao)[1:] == [("P1", "works_at", "A1", "采购经理"), ("P2", "works_at", "A2", "CTO")]
    assert people.result["effect"]["company_unknown"] == 2
    again = import_text(gao, "编号,姓,名,所属公司\nP1,王,小明,A1\n", kind="customers")
    assert again.result["effect"]["company_created"] == 0
    step(gao, people, "undo")
    assert related(gao) == [("A2", "parent", "A1", "")]


def test_circles_and_second_parents_are_left_out(cast: Company) -> None:
    gao = cast.gao.actor
    batch = import_text(
        gao,
        "客户编号,客户名称,客户类型,上级公司\nB1,甲公司,企业,B3\nB2,乙公司,企业,B1\nB3,丙公司,企业,B2\nB4,丁公司,企业,B1\nB5,戊公司,企业,B5\n",
        kind="customers",
    )
    assert related(gao) == [("B4", "parent", "B1", "")]
    assert batch.result["effect"]["parent_created"] == 1
    second = import_text(gao, "客户编号,客户名称,上级公司\nB4,丁公司,B2\n", kind="customers")
    assert second.result["effect"]["parent_created"] == 0
