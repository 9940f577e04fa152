"""The people who work at the demo company: units, roles, members, and one login for each role."""

import secrets
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from zhiyin.accounts.choices import RecordScope
from zhiyin.accounts.models import Member, Role, Unit, User
from zhiyin.platform.pinyin import name_key

COMPANY = "岚禾电器"
DOMAIN = "lanhe.example"
WEB, DEALERS, SERVICE = "线上商城", "渠道部", "客户服务中心"
REGIONS = {
    "华东大区": ("杭州营业部", "上海营业部", "南京营业部"),
    "华南大区": ("广州营业部", "深圳营业部"),
    "华北大区": ("北京营业部", "天津营业部"),
    "西南大区": ("成都营业部", "重庆营业部"),
}
_READ = ("customers.view", "orders.view", "products.view", "activities.view", "sales.view")
_WORK = (*_READ, "customers.edit", "orders.edit", "activities.edit", "sales.edit")
_INSIGHT = ("insight.view", "insight.company", "insight.run")
_OWNING = (
    "approvals.decide",
    "customers.assign",
    "sales.export",
    "sales.manage",
    "customers.requests",
    "customers.reveal",
    "pools.manage",
)
_LEAD = (*_WORK, *_INSIGHT, *_OWNING, "customers.delete", "customers.export", "imports.run")
_RULE = ("products.edit", "accounts.manage", "settings.manage", "audit.view", "jobs.view_all")
ADMINISTRATOR = "管理员"
ROLES = {
    ADMINISTRATOR: (RecordScope.ALL, (*_LEAD, *_RULE)),
    "销售总监": (RecordScope.ALL, _LEAD),
    "大区经理": (RecordScope.SUBTREE, (*_WORK, *_OWNING, "customers.export", "insight.view")),
    "销售代表": (RecordScope.OWN, (*_WORK, "insight.view")),
    "客服专员": (RecordScope.ALL, (*_READ, "customers.edit", "activities.edit")),
    "数据分析师": (RecordScope.ALL, (*_READ, *_INSIGHT, "customers.export")),
    "审计员": (RecordScope.ALL, ("audit.view", "jobs.view_all")),
}
# name, mail name, role, unit: these can sign in
CAST = (
    ("高敏", "gao", ADMINISTRATOR, COMPANY),
    ("苏晚晴", "su", "销售总监", COMPANY),
    ("马超", "ma", "大区经理", "华东大区"),
    ("林岚", "lin", "销售代表", "杭州营业部"),
    ("安宁", "an", "客服专员", SERVICE),
    ("沈知微", "shen", "数据分析师", COMPANY),
    ("严正", "yan", "审计员", COMPANY),
)
# two sellers in each branch, three for dealers, whose records fill the lists
SELLERS = (
    ("陈晨", "杭州营业部"), ("周子昂", "上海营业部"), ("许嘉宁", "上海营业部"), ("韩梓轩", "南京营业部"),
    ("顾一诺", "南京营业部"), ("梁俊豪", "广州营业部"), ("何雨彤", "广州营业部"), ("邓志远", "深圳营业部"),
    ("吴桐", "深圳营业部"), ("孟秋实", "北京营业部"), ("白若溪", "北京营业部"), ("郝建平", "天津营业部"),
    ("段晓东", "天津营业部"), ("唐语嫣", "成都营业部"), ("罗天翔", "成都营业部"), ("秦可欣", "重庆营业部"),
    ("雷鸣远", "重庆营业部"), ("陆承泽", DEALERS), ("江映雪", DEALERS), ("钱永昌", DEALERS),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Login:
    """What a visitor types to be one of the cast."""

    name: str
    role: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Staff:
    """Units by name, members by unit (sellers only), and the logins."""

    units: dict[str, Unit]
    sellers: dict[str, list[Member]]
    members: dict[str, Member]
    logins: list[Login]


def hire(code: str) -> Staff:
    """Make units, roles, users and members in the transaction's tenant; ``code`` keeps e-mails apart."""
    units = found_units()
    roles = {
        name: Role.objects.create(
            name=name, scope=scope, permissions=sorted(permissions), holds_all=name == ADMINISTRATOR
        )
        for name, (scope, permissions) in ROLES.items()
    }
    members: dict[str, Member] = {}
    logins = []
    for name, mail, role, unit in CAST:
        login = Login(name, role, f"{mail}@{code}.{DOMAIN}", secrets.token_urlsafe(9))
        members[name] = join(name, login.email, login.password, roles[role], units[unit])
        logins.append(login)
    for place, (name, unit) in enumerate(SELLERS, 1):
        email = f"sales{place:02d}@{code}.{DOMAIN}"
        members[name] = join(name, email, None, roles["销售代表"], units[unit])
    sellers: dict[str, list[Member]] = {}
    for name, unit in (("林岚", "杭州营业部"), *SELLERS):
        sellers.setdefault(unit, []).append(members[name])
    return Staff(units, sellers, members, logins)


def found_units() -> dict[str, Unit]:
    units: dict[str, Unit] = {}

    def found(name: str, parent: Unit | None) -> None:
        unit = Unit(name=name, parent=parent)
        unit.path = [*(parent.path if parent else []), unit.id]
        unit.save(force_insert=True)
        units[name] = unit

    found(COMPANY, None)
    for name in (WEB, DEALERS, SERVICE, *REGIONS):
        found(name, units[COMPANY])
    for region, branches in REGIONS.items():
        for branch in branches:
            found(branch, units[region])
    return units


def join(name: str, email: str, password: str | None, role: Role, unit: Unit) -> Member:
    user = User.objects.create(email=email, password=make_password(password), language="")
    return Member.objects.create(user=user, name=name, name_key=name_key(name), role=role, unit=unit)
