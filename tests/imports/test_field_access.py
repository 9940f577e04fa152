"""An import changes no more than the role of whoever started it may."""

from tests.cast import Company
from tests.imports.importing import import_text, query
from zhiyin.accounts.models import Role
from zhiyin.platform.permissions import registered

FILE = "客户编号,客户名称,手机,城市,国家,来源\nK1,王小明,13900000000,上海,中国,展会\n"
AGAIN = (
    "客户编号,客户名称,手机,城市,国家,来源\n"
    "K1,王晓明,13911112222,北京,日本,电话\nK2,李雷,13933334444,天津,中国,介绍\n"
)
RULES = {"phone": "masked", "city": "hidden", "country": "read_only"}


def test_what_the_role_may_not_change_stays(cast: Company) -> None:
    import_text(cast.gao.actor, FILE, kind="customers")
    with cast.scope():
        role = Role.objects.filter(pk=cast.roles["analyst"].pk)
        role.update(permissions=sorted(registered()), scope="all", field_rules=RULES)
    batch = import_text(cast.xu.actor, AGAIN, kind="customers")
    assert batch.state == "applied", batch.job.error
    rows = query(
        cast.gao.actor, "SELECT code, name, city, country, source FROM customers_customer ORDER BY 1"
    )
    assert rows == [("K1", "王晓明", "上海", "中国", "电话"), ("K2", "李雷", "天津", "中国", "介绍")]
    phones = query(
        cast.gao.actor,
        "SELECT c.code, p.value_key FROM customers_contactpoint p JOIN customers_customer c ON c.id = p.customer_id"
        " ORDER BY 1",
    )
    assert phones == [("K1", "+8613900000000"), ("K2", "+8613933334444")]
