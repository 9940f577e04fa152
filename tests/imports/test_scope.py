"""Who may change some records only imports within them; other rows are refused, each with its reason."""

import datetime

import pytest
from django.utils.translation import gettext

from tests.imports.importing import HEADER, NOW, contents, import_text, query, step, upload
from tests.imports.test_orders import refused_text, texts
from zhiyin.customers.models import Customer
from zhiyin.imports.errors import ScopeChanged
from zhiyin.imports.landing import Landing
from zhiyin.imports.workspace import Frame
from zhiyin.platform.errors import NotFound
from zhiyin.platform.tenancy import scope

CUSTOMER_BEYOND = "The customer is outside the records that you may change."
ORDER_BEYOND = "An order of this number is outside the records that you may change."


@pytest.fixture
def ma(cast):
    """The manager of the east: imports, and sees the records of her units."""
    return cast.ma.actor


@pytest.fixture
def lin(cast):
    """A sales person who was also allowed to import; sees her own records."""
    role = cast.lin.member.role
    with scope(cast.lin.tenant.id):
        role.permissions = [*role.permissions, "imports.run"]
        role.save()
    return cast.lin.actor


def given(actor, customer, **where):
    """A customer of somebody, without orders."""
    with scope(actor.tenant_id):
        Customer.objects.create(code=customer, code_key=customer.lower(), name=customer, name_key="", **where)


def customers_of_orders(actor):
    return query(
        actor,
        "SELECT o.number, c.code FROM commerce_order o LEFT JOIN customers_customer c ON c.id = o.customer_id ORDER BY 1",
    )


@pytest.mark.parametrize("who", ["ma", "lin"])
def test_orders_of_customers_beyond_the_scope_are_refused(cast, request, who):
    actor = request.getfixturevalue(who)
    given(actor, "Theirs", unit_id=cast.wu.member.unit_id, owner_id=cast.wu.member.id)
    given(actor, "Nobodys")
    given(actor, "Ours", unit_id=cast.lin.member.unit_id, owner_id=cast.lin.member.id)
    rows = "A1,2024-03-05,ours,P1,1,2\nA2,2024-03-05,THEIRS,P1,1,2\nA3,2024-03-05,nobodys,P1,1,2\n"
    batch = import_text(
        actor, HEADER + rows + "A4,2024-03-05,Fresh,P1,1,2\nA5,2024-03-05,,P1,1,2\n", kind="orders"
    )
    assert batch.state == "applied", batch.job.error
    assert customers_of_orders(actor) == [("A1", "Ours"), ("A4", "Fresh"), ("A5", None)]
    assert batch.result["refused"] == 2
    assert texts(batch, "refusals") == [CUSTOMER_BEYOND]
    told = refused_text(actor, batch).splitlines()[1:]
    assert told == [
        f"A2,2024-03-05,THEIRS,P1,1,2,3,{gettext(CUSTOMER_BEYOND)}",
        f"A3,2024-03-05,nobodys,P1,1,2,4,{gettext(CUSTOMER_BEYOND)}",
    ]
    again = import_text(actor, HEADER + "A4,2024-03-05,Fresh,P1,1,2\nA5,2024-03-05,,P1,1,2\n", kind="orders")
    assert again.result["refused"] == 0, "what one created oneself is within one's scope"
    assert again.result["effect"]["lines_known"] == 2


def test_a_dry_run_tells_the_same(cast, ma):
    given(ma, "Theirs", unit_id=cast.wu.member.unit_id)
    batch = step(ma, upload(ma, HEADER + "A2,2024-03-05,THEIRS,P1,1,2\nA3,2024-03-05,K,P1,1,2\n"), "check")
    assert texts(batch, "refusals") == [CUSTOMER_BEYOND]
    assert batch.result["effect"]["orders_new"] == 1


def test_lines_are_not_added_to_orders_beyond_the_scope(cast, gao, ma):
    import_text(gao, HEADER + "A1,2024-03-05,,P1,1,2\n", kind="orders")
    before = contents(gao)
    batch = import_text(ma, HEADER + "A1,2024-03-05,,P2,1,2\n", kind="orders")
    assert texts(batch, "refusals") == [ORDER_BEYOND]
    drop = "imports_importchange"
    assert {k: v for k, v in contents(gao).items() if k != drop} == {
        k: v for k, v in before.items() if k != drop
    }


def test_details_of_customers_beyond_the_scope_stay(cast, ma):
    given(ma, "Theirs", unit_id=cast.wu.member.unit_id, city="广州")
    given(ma, "Ours", unit_id=cast.lin.member.unit_id, city="上海")
    batch = import_text(ma, "客户编号,城市\nTheirs,北京\nOurs,北京\n", kind="customers")
    assert texts(batch, "refusals") == [CUSTOMER_BEYOND]
    assert query(ma, "SELECT code, city FROM customers_customer ORDER BY 1") == [
        ("Ours", "北京"),
        ("Theirs", "广州"),
    ]


def test_what_is_created_can_be_taken_back_by_its_maker_alone(cast, lin, ma):
    batch = import_text(lin, HEADER + "A1,2024-03-05,K1,P1,1,2\n", kind="orders")
    assert query(lin, "SELECT owner_id FROM customers_customer") == [(cast.lin.member.id,)]
    with pytest.raises(NotFound):
        step(ma, batch, "undo")
    assert step(lin, batch, "undo").state == "undone"
    assert not any(contents(lin).values())


def test_a_customer_given_away_meanwhile_stops_the_import(ma):
    """The rows were checked, then somebody took the customer out of reach: nothing is written."""
    with scope(ma.tenant_id):
        frame = Frame("UTC", "CNY", NOW + datetime.timedelta(days=1))
        with pytest.raises(ScopeChanged):
            Landing(ma, None, frame).stay_within("SELECT 1")
