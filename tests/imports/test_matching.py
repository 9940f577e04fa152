"""Rows of customers who are there already: written over, left out, or set aside for a decision."""

import uuid
from collections.abc import Iterable

import pytest
from django.utils import timezone

from tests.cast import Company
from tests.imports.importing import NOW, import_text, query, step, upload
from zhiyin.customers import actions as customers
from zhiyin.customers.models import Customer
from zhiyin.imports import actions
from zhiyin.imports.models import Import
from zhiyin.platform import files
from zhiyin.platform.errors import Invalid

pytestmark = pytest.mark.django_db
HEADER = "客户编号,客户名称,城市,手机,邮箱\n"


@pytest.fixture
def wang(cast: Company) -> Customer:
    with cast.scope():
        gao, now = cast.gao.actor, timezone.now()
        made = customers.create_customer(actor=gao, name="王小明", code="K-1", city="上海", now=now)
        customers.add_contact(
            actor=gao, customer_id=made.pk, kind="phone", value="+86 138 0000 1234", now=now
        )
        customers.add_contact(actor=gao, customer_id=made.pk, kind="email", value="wang@a.cn", now=now)
    return made


def imported(cast: Company, rows: str, **matching: object) -> Import:
    return import_text(cast.gao.actor, HEADER + rows, kind="customers", matching=matching)


def cities(cast: Company) -> dict[str, str]:
    return dict(query(cast.gao.actor, "SELECT code, city FROM customers_customer"))


def refused(cast: Company, batch: Import) -> str:
    assert batch.refused_file
    with cast.scope(), files.local_path(batch.refused_file) as path:
        return path.read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("known", "city", "aside"), [("update", "北京", 0), ("skip", "上海", 0), ("ask", "上海", 1)]
)
def test_rows_with_a_known_code(cast: Company, wang: Customer, known: str, city: str, aside: int) -> None:
    batch = imported(cast, "k-1,王小明,北京,,\nK-2,李雷,广州,,\n", known=known)
    assert cities(cast) == {"K-1": city, "K-2": "广州"}
    assert batch.result["refused"] == aside
    if known == "skip":
        assert [each["values"]["count"] for each in batch.result["messages"]] == [1]
    if known == "ask":
        assert "已有客户使用此编号" in refused(cast, batch)


@pytest.mark.parametrize(
    ("row", "by"),
    [
        (",小明,北京,13800001234,", "customer_phone"),
        ("X-9,小明,北京,,WANG@a.cn", "customer_email"),
        ("X-9, 王小明 ,北京,,", "customer_name"),
    ],
    ids=["phone", "email", "name"],
)
@pytest.mark.parametrize("alike", ["create", "update", "skip", "ask"])
def test_rows_that_agree_in_something_else(
    cast: Company, wang: Customer, row: str, by: str, alike: str
) -> None:
    cast_currency(cast)
    batch = imported(cast, f"{row}\nK-2,李雷,广州,,\n", alike=alike, by=[by])
    found = cities(cast)
    assert found["K-2"] == "广州"
    assert found["K-1"] == ("北京" if alike == "update" else "上海")
    assert len(found) == (3 if alike == "create" else 2)
    assert batch.result["refused"] == (1 if alike == "ask" else 0)


def cast_currency(cast: Company) -> None:
    """Numbers without a country's code are Chinese."""
    type(cast.tenant).objects.filter(pk=cast.tenant.pk).update(currency="CNY")


def test_one_who_agrees_with_several_is_asked_about(cast: Company, wang: Customer) -> None:
    with cast.scope():
        other = customers.create_customer(actor=cast.gao.actor, name="别人", code="K-7", now=timezone.now())
        customers.add_contact(
            actor=cast.gao.actor, customer_id=other.pk, kind="email", value="b@a.cn", now=timezone.now()
        )
    batch = imported(
        cast, "X,小明,北京,+8613800001234,b@a.cn\n", alike="update", by=["customer_phone", "customer_email"]
    )
    assert batch.result["refused"] == 1
    assert "有多位客户" in refused(cast, batch)
    assert cities(cast) == {"K-1": "上海", "K-7": ""}


def test_the_check_says_it_before_and_undo_takes_it_back(cast: Company, wang: Customer) -> None:
    batch = upload(cast.gao.actor, HEADER + "X,小明,北京,+8613800001234,\n", kind="customers")
    with cast.scope():
        actions.choose_columns(
            actor=cast.gao.actor,
            import_id=batch.pk,
            matching={"alike": "update", "by": ["customer_phone"]},
            now=NOW,
        )
    checked = step(cast.gao.actor, batch, "check")
    assert checked.result["effect"] == {"customers_new": 0, "customers_known": 1}
    assert step(cast.gao.actor, checked, "apply").result["effect"]["customers_changed"] == 1
    step(cast.gao.actor, batch, "undo")
    assert cities(cast) == {"K-1": "上海"}


def test_colleagues_customers_are_not_compared_with(cast: Company, wang: Customer) -> None:
    batch = import_text(
        cast.ma.actor,
        HEADER + "X,小明,北京,+8613800001234,\n",
        kind="customers",
        matching={"alike": "update", "by": ["customer_phone"]},
    )
    assert (batch.result["refused"], cities(cast)) == (0, {"K-1": "上海", "X": "北京"})


def test_a_profile_keeps_the_rules(cast: Company, wang: Customer) -> None:
    first = imported(cast, "K-2,李雷,广州,,\n", known="skip", alike="ask", by=["customer_email"])
    with cast.scope():
        profile = actions.save_profile(actor=cast.gao.actor, import_id=first.pk, name="名片", now=NOW)
        assert profile.matching == {"known": "skip", "alike": "ask", "by": ["customer_email"]}
    again = upload(cast.gao.actor, HEADER + "K-1,王小明,北京,,\nX,小明,北京,,wang@a.cn\n", kind="customers")
    with cast.scope():
        actions.use_profile(actor=cast.gao.actor, import_id=again.pk, profile_id=profile.pk, now=NOW)
    done = step(cast.gao.actor, again, "apply")
    assert (done.result["refused"], cities(cast)) == (1, {"K-1": "上海", "K-2": "广州"})


@pytest.mark.parametrize(
    ("kind", "matching"),
    [
        ("customers", {"alike": "update"}),
        ("customers", {"known": "burn"}),
        ("customers", {"alike": "ask", "by": ["city"]}),
        ("products", {"known": "skip"}),
    ],
    ids=["by nothing", "unknown rule", "unknown field", "other kind"],
)
def test_rules_that_cannot_be_are_refused(
    cast: Company, kind: str, matching: dict[str, Iterable[str]]
) -> None:
    batch = upload(cast.gao.actor, "编号,名称\nA,甲\n", kind=kind)
    with cast.scope(), pytest.raises(Invalid):
        actions.choose_columns(actor=cast.gao.actor, import_id=batch.pk, matching=matching, now=NOW)


def test_the_wizard_and_a_program_choose_the_rules(cast: Company, wang: Customer) -> None:
    batch = upload(cast.gao.actor, HEADER + "K-1,王小明,北京,,\n", kind="customers")
    page = cast.gao.client.get(f"/imports/{batch.pk}/").content.decode()
    assert 'name="known"' in page
    address = f"/api/v1/imports/{batch.pk}/"
    body = {"matching": {"known": "ask", "alike": "skip", "by": ["customer_email"]}}
    done = cast.gao.client.patch(address, body, content_type="application/json").json()
    assert done["matching"] == body["matching"]
    assert uuid.UUID(done["id"]) == batch.pk
    chosen = {f"{name}": column for name, column in done["mapping"].items()}
    posted = cast.gao.client.post(
        f"/imports/{batch.pk}/columns/", {**chosen, "known": "skip", "alike": "ask", "by": ["customer_name"]}
    )
    assert posted.status_code == 302
    with cast.scope():
        assert Import.objects.get(pk=batch.pk).matching == {
            "known": "skip", "alike": "ask", "by": ["customer_name"],
        }  # fmt: skip
