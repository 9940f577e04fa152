"""Opportunities from files: stages, products, customers and owners that are there or made, what is refused, undone."""

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner

from tests.cast import Company
from tests.imports.importing import NOW, import_text, query, step, upload
from tests.shared import shared_data
from zhiyin.commerce.actions import create_product
from zhiyin.config.cli import importing, main, report
from zhiyin.customers.actions import create_customer
from zhiyin.imports.beside import files_beside
from zhiyin.platform.actors import Actor
from zhiyin.platform.tenancy import scope
from zhiyin.sales import queries
from zhiyin.sales.models import FunnelCell, Opportunity, OpportunityLine, StageStay
from zhiyin.sales.queries import ForecastFilter, FunnelFilter

HEADER = "opportunity id,opportunity name,account,product,deal stage,owner,amount,engage date,close date\n"


@pytest.fixture
def gao(cast: Company, committed: None) -> Actor:
    return cast.gao.actor


def deals(actor: Actor) -> list[tuple[Any, ...]]:
    return query(
        actor,
        "SELECT o.code, o.name, c.name, s.name, o.state, m.name, o.amount::float, o.currency, o.engaged_on, o.closed_on,"
        " o.expected_on FROM sales_opportunity o JOIN sales_stage s ON s.id = o.stage_id LEFT JOIN customers_customer c"
        " ON c.id = o.customer_id LEFT JOIN accounts_member m ON m.id = o.owner_id ORDER BY o.code",
    )


def test_what_is_there_is_used_and_the_rest_is_made(gao: Actor) -> None:
    with scope(gao.tenant_id):
        create_customer(actor=gao, name="颐和", code="K1", now=NOW)
        create_product(actor=gao, code="P7", name="GTX Pro", price=Decimal(4821), now=NOW)
    batch = import_text(
        gao,
        HEADER + "A1,,颐和,GTXPro,Engaging,林岚,,2026-03-01,\n"
        "A2,大单,Neu GmbH,gtx  pro,Won,lin@yihe.example,9000,2026-03-01,2026-04-11\n"
        "A3,,,MG Special,Lost,Nobody,0,2026-03-02,2026-03-05\n"
        "A4,Later,Neu GmbH,MGSpecial,Prospecting,,120,,\n",
        kind="opportunities",
    )
    assert batch.result["effect"] == {
        "customers_created": 1, "customers_changed": 0, "products_created": 1, "products_changed": 0, "stages_created": 4,
        "opportunities_created": 4, "opportunities_known": 0,
    } | {key: n for key, n in batch.result["effect"].items() if key.startswith(("company_", "parent_", "placed"))}  # fmt: skip
    day = datetime.date
    assert deals(gao) == [
        ("A1", "颐和 · GTXPro", "颐和", "Engaging", "open", "林岚", 4821, "CNY", day(2026, 3, 1), None, None),
        (
            "A2",
            "大单",
            "Neu GmbH",
            "Won",
            "won",
            "林岚",
            9000,
            "CNY",
            day(2026, 3, 1),
            day(2026, 4, 11),
            None,
        ),
        ("A3", "MG Special", None, "Lost", "lost", None, None, "CNY", day(2026, 3, 2), day(2026, 3, 5), None),
        ("A4", "Later", "Neu GmbH", "Prospecting", "open", None, 120, "CNY", None, None, None),
    ]
    lines = query(gao, "SELECT o.code, p.code FROM sales_opportunityline l JOIN sales_opportunity o ON o.id ="
                  " l.opportunity_id JOIN commerce_product p ON p.id = l.product_id ORDER BY 1")  # fmt: skip
    assert lines == [("A1", "P7"), ("A2", "P7"), ("A3", "MG Special"), ("A4", "MG Special")]
    touches = query(gao, "SELECT data ->> 'what', data ->> 'name' FROM customers_timelineevent WHERE kind ="
                    " 'opportunity' ORDER BY occurred_at, 1")  # fmt: skip
    assert sorted(touches) == [
        ("opened", "Later"),
        ("opened", "大单"),
        ("opened", "颐和 · GTXPro"),
        ("won", "大单"),
    ]


def test_the_same_file_again_changes_nothing_also_without_codes(gao: Actor) -> None:
    text = "deal name,stage,amount,created\nOne,Lead,5,2026-01-02\nTwo,Lead,6,2026-01-03\n"
    assert import_text(gao, text, kind="opportunities").result["effect"]["opportunities_created"] == 2
    again = import_text(gao, text, kind="opportunities").result["effect"]
    assert (again["opportunities_created"], again["opportunities_known"], again["stages_created"]) == (
        0,
        2,
        0,
    )
    assert len(deals(gao)) == 2


def test_stages_of_the_default_pipeline_are_used_when_it_has_them(cast: Company, committed: None) -> None:
    lin = cast.lin.actor
    with cast.scope():
        from zhiyin.sales.actions import default_pipeline

        pipeline = default_pipeline(actor=lin, now=NOW)
    batch = import_text(
        cast.gao.actor,
        "商机名称,阶段,金额,成交日期\n甲,报价,5,\n乙,赢单,7,2026-02-03\n",
        kind="opportunities",
    )
    assert batch.result["effect"]["stages_created"] == 0
    with cast.scope():
        assert set(Opportunity.objects.values_list("pipeline", flat=True)) == {pipeline.pk}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("B1,x,,,Won,,5,2026-03-01,", "no day says when"),
        ("B1,x,,,Won,,5,2026-03-01,2030-01-01", "lies in the future"),
        ("B1,x,,,Lost,,5,2026-03-05,2026-03-01", "closed before"),
        ("B1,x,,,Engaging,,-5,2026-03-05,", "negative"),
        ("B1,x,,,Engaging,,five,2026-03-05,", "not a number"),
        ("A1,x,,,Engaging,,5,2026-03-05,", "earlier row"),
        (f"B1,x,{'y' * 65},,Engaging,,5,2026-03-05,", "longer than 64"),
    ],
)
def test_a_wrong_row_is_refused_with_the_reason_and_the_others_are_not(
    gao: Actor, row: str, reason: str
) -> None:
    batch = import_text(gao, HEADER + "A1,a,,,Engaging,,5,2026-03-05,\n" + row + "\n", kind="opportunities")
    assert (batch.result["refused"], [each[0] for each in deals(gao)]) == (1, ["A1"])
    assert reason in str(batch.result["refusals"])


def test_who_sets_up_no_pipelines_makes_no_stages(cast: Company, committed: None) -> None:
    with cast.scope():
        role = cast.lin.member.role
        role.permissions = [*role.permissions, "imports.run"]
        role.save()
    batch = import_text(cast.lin.actor, HEADER + "A1,a,,,Engaging,,5,2026-03-05,\n", kind="opportunities")
    assert batch.state == "applied", (batch.problem, batch.job.error)
    assert (batch.result["refused"], deals(cast.gao.actor)) == (1, [])
    assert "Engaging" in str(batch.result["refusals"])


def test_taken_back_whole_but_what_was_worked_on(gao: Actor) -> None:
    text = HEADER + "A1,a,Neu,PX,Engaging,,5,2026-03-05,\nA2,b,Neu,PX,Won,,5,2026-03-05,2026-03-06\n"
    batch = import_text(gao, text, kind="opportunities")
    undone = step(gao, batch, "undo").result["undone"]
    assert (undone["opportunities_deleted"], undone["products_deleted"], undone["customers_deleted"]) == (
        2,
        1,
        1,
    )
    assert query(gao, "SELECT count(*)::int, coalesce(sum(count), 0)::int FROM sales_funnelcell")[0][1] == 0
    again = import_text(gao, text, kind="opportunities")
    with scope(gao.tenant_id):
        Opportunity.objects.filter(code="A1").update(version=2)
    undone = step(gao, again, "undo").result["undone"]
    assert (undone["opportunities_deleted"], undone["opportunities_kept"]) == (1, 1)
    assert (undone["products_kept"], undone["customers_kept"]) == (1, 1)
    assert [each[0] for each in deals(gao)] == ["A1"]


def test_another_company_sees_nothing(gao: Actor, other: Company) -> None:
    import_text(gao, HEADER + "A1,a,Neu,PX,Engaging,,5,2026-03-05,\n", kind="opportunities")
    assert deals(other.gao.actor) == []
    with other.scope():
        assert not FunnelCell.objects.exists()


def test_a_file_beside_is_taken_where_it_lists_what_is_named(gao: Actor, tmp_path: Any) -> None:
    (tmp_path / "deals.csv").write_text(HEADER + "A1,a,Neu,PX,Engaging,,5,2026-03-05,\n")
    (tmp_path / "accounts.csv").write_text("account,city\nNeu,Bonn\nAlt,Köln\n")
    (tmp_path / "contacts.csv").write_text("account,phone\nNeu,1\nNeu,2\n")
    (tmp_path / "products.csv").write_text("sku,product\n1,Other\n")
    batch = upload(gao, tmp_path / "deals.csv", kind="opportunities")
    with scope(gao.tenant_id):
        found = files_beside(tmp_path / "deals.csv", batch)
    assert [(each.path.name, each.kind, each.field) for each in found] == [
        ("accounts.csv", "customers", "customer_name")
    ]


def test_crm_sales_comes_to_what_is_known_of_it(cast: Company, committed: None, monkeypatch: Any) -> None:
    """8,800 opportunities with accounts, products and teams beside them; all pages count the same."""
    for module in (importing, report):
        monkeypatch.setattr(module, "open_database", lambda: None)
    path = str(shared_data("crm_sales/sales_pipeline.csv"))
    tenant = ["--tenant", cast.tenant.code]
    done = CliRunner().invoke(main, ["import", path, "--kind", "opportunities", *tenant, "--json"])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert (answer["rows"], answer["refused"], answer["effect"]["opportunities_created"]) == (8800, 0, 8800)
    effects = {each["kind"]: each["effect"] for each in answer["beside"]}
    assert list(effects) == ["members", "products", "customers"]
    assert effects["members"]["members_created"] == 41
    assert effects["products"]["products_created"] == 7
    assert effects["customers"]["customers_created"] == 85
    assert (answer["effect"]["customers_created"], answer["effect"]["products_created"]) == (0, 0)

    told = CliRunner().invoke(main, ["report", "pipeline", *tenant, "--json"])
    assert told.exit_code == 0, told.output
    figures = json.loads(told.stdout)
    known = {"opportunities": 8800, "won": 4238, "won_value_by_currency": {"CNY": 10_005_534}, "lost": 2473,
             "win_rate": 0.6315, "mean_days_to_win": 51.78}  # fmt: skip
    assert {name: figures[name] for name in known} == known

    tested = CliRunner().invoke(main, ["report", "forecast", *tenant, "--json"])
    assert tested.exit_code == 0, tested.output
    errors = json.loads(tested.stdout)["errors"]
    assert errors["by_model"] < errors["by_history"] < errors["by_stage"]
    assert "intervals that held" in CliRunner().invoke(main, ["report", "forecast", *tenant]).output

    gao = cast.gao.actor
    with cast.scope():
        board = next(each for each in queries.boards() if each.name == "sales pipeline")
        found = queries.funnel(gao, board.pk, FunnelFilter())
        assert OpportunityLine.objects.count() == 8800
        assert Opportunity.objects.filter(customer=None).count() == 1425
        assert Opportunity.objects.filter(owner=None).count() == 0
        assert StageStay.objects.filter(left_at=None).count() == 8800
    assert [(each.stage.name, each.reached) for each in found.steps] == [
        ("Prospecting", 8800),
        ("Engaging", 8300),
    ]
    assert (found.closed.won, found.closed.lost, found.begun.open) == (4238, 2473, 2089)
    assert found.closed.won_value == {"CNY": Decimal(10_005_534)}
    assert round(found.closed.mean_days or 0, 2) == 51.78
    with cast.scope():
        last = datetime.date(2017, 12, 31)
        quarters = [
            queries.forecast(gao, ForecastFilter(period=f"2017-Q{each}"), currency="CNY", today=last)
            for each in (1, 2, 3, 4)
        ]
    assert sum(each.total.won for each in quarters) == 10_005_534
    assert sum(each.total.won_count for each in quarters) == 4238
    assert quarters[3].total.open_count + quarters[3].beside.undated == 2089
    gtx = query(gao, "SELECT count(DISTINCT p.id)::int, count(*)::int FROM sales_opportunityline l JOIN"
                " commerce_product p ON p.id = l.product_id WHERE p.name = 'GTX Pro'")  # fmt: skip
    assert gtx == [(1, 1480)]


def test_colleagues_without_an_address_get_one_from_a_later_file(gao: Actor) -> None:
    first = import_text(
        gao, "name,department,manager\nAnna,Central,Dustin\nBo,Central,Dustin\n", kind="members"
    )
    assert first.result["effect"] == {"members_created": 3, "members_changed": 0}
    people = "SELECT m.name, u.name, p.name, r.scope, s.email LIKE '%%.invalid' FROM accounts_member m JOIN accounts_unit u"
    people += " ON u.id = m.unit_id JOIN accounts_unit p ON p.id = u.parent_id JOIN accounts_role r ON r.id = m.role_id"
    people += " JOIN accounts_user s ON s.id = m.user_id WHERE u.name = 'Dustin' ORDER BY 1"
    assert query(gao, people) == [
        ("Anna", "Dustin", "Central", "own", True),
        ("Bo", "Dustin", "Central", "own", True),
        ("Dustin", "Dustin", "Central", "subtree", True),
    ]
    mail = f"anna@{gao.tenant_id.hex}.example"
    second = import_text(gao, f"name,email\nAnna,{mail}\nBo,no address\n", kind="members")
    assert (second.result["refused"], second.result["effect"]) == (
        1,
        {"members_created": 0, "members_changed": 1},
    )
    assert query(gao, "SELECT s.mails FROM accounts_user s WHERE s.email = %s", mail) == [(True,)]
    assert step(gao, first, "undo").result["undone"] == {"members_deactivated": 3}
    unknown = import_text(gao, "name,role\nCai,Emperor\n", kind="members")
    assert "Emperor" in str(unknown.result["refusals"])
