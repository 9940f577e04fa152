"""Where a person can go and what they can begin: left navigation, create menu, command palette."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.actors import Actor


@dataclass(frozen=True, slots=True)
class Item:
    """One destination, for whoever holds ``permission``, or one of several.

    ``words`` are further names it is found by in the command palette.
    """

    label: str | Promise
    url_name: str
    icon: str
    permission: str | tuple[str, ...] | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An ``Item`` that this actor may follow, with its address."""

    label: str
    url: str
    icon: str
    current: bool
    words: str


@dataclass(frozen=True, slots=True, eq=False)
class Destinations:
    """All that one actor may follow, as the frame of a page shows it.

    Kept ones are known by identity, so that a frame made of them is found without a look at each link.
    """

    work: tuple[Link, ...] = ()
    data: tuple[Link, ...] = ()
    create: tuple[Link, ...] = ()


WORK = [
    Item(_("Today"), "web:home", "home", words="home today 首页 今日 sy"),
    Item(_("Customers"), "customers:list", "users", "customers.view", "customers 客户 kh"),
    Item(_("Pools"), "customers:pools", "inbox", "customers.edit", "pools claim 公海 领取 gh lq"),
    Item(_("Tasks"), "activities:tasks", "list-check", "activities.view", "tasks to do 任务 待办 rw db"),
    Item(
        _("Calendar"),
        "activities:calendar",
        "calendar-event",
        "activities.view",
        "calendar appointments 日历 日程 rl rc",
    ),
    Item(_("Leads"), "sales:leads", "user-plus", "sales.view", "leads prospects 线索 xs"),
    Item(
        _("Opportunities"),
        "sales:opportunities",
        "target-arrow",
        "sales.view",
        "opportunities deals sales pipeline 商机 销售 漏斗 sj xs",
    ),
    Item(
        _("Board"),
        "sales:board",
        "layout-kanban",
        "sales.view",
        "board pipeline kanban deals 看板 商机看板 kb",
    ),
    Item(
        _("Funnel"),
        "sales:funnel",
        "chart-bar",
        "sales.view",
        "funnel conversion win rate velocity 漏斗 转化 赢单率 ld zh",
    ),
    Item(
        _("Forecast"),
        "sales:forecast",
        "chart-line",
        "sales.view",
        "forecast commit best case weighted quarter 预测 销售预测 承诺 yc xsyc",
    ),
    Item(
        _("Targets"),
        "sales:targets",
        "target",
        "sales.view",
        "targets quota goals attainment 销售目标 目标 完成率 mb xsmb",
    ),
    Item(
        _("Territories"),
        "sales:territories",
        "map-pin",
        "sales.manage",
        "territories regions areas 区域 销售区域 划分 qy",
    ),
    Item(
        _("Approvals"),
        "approvals:inbox",
        "rubber-stamp",
        ("approvals.decide", "sales.edit"),
        "approvals approve 审批 批准 sp pz",
    ),
    Item(_("Orders"), "commerce:orders", "receipt", "orders.view", "orders sales 订单 dd"),
    Item(_("Products"), "commerce:products", "package", "products.view", "products 产品 商品 cp"),
    Item(_("Insight"), "insight:overview", "chart-dots", "insight.company", "insight analysis 洞察 分析 dc"),
]
DATA = [
    Item(_("Imports"), "imports:list", "database-import", "imports.run", "imports files 导入 dr"),
    Item(_("Jobs"), "jobs:list", "progress", None, "jobs background 作业 后台 zy ht"),
    Item(
        _("Settings"),
        "accounts:settings",
        "settings",
        ("accounts.manage", "settings.manage", "audit.view", "sales.manage"),
        "settings members roles audit log 设置 审计 sz sj",
    ),
]
CREATE = [
    Item(
        _("New customer"),
        "customers:create",
        "user-plus",
        "customers.edit",
        "new customer 新建客户 xjkh",
    ),
    Item(_("New task"), "activities:create_task", "list-check", "activities.edit", "new task 新建任务 xjrw"),
    Item(
        _("New appointment"),
        "activities:create_appointment",
        "calendar-event",
        "activities.edit",
        "new appointment 新建日程 xjrc",
    ),
    Item(_("New lead"), "sales:lead_create", "user-plus", "sales.edit", "new lead 新建线索 xjxs"),
    Item(
        _("New opportunity"),
        "sales:opportunity_create",
        "target-arrow",
        "sales.edit",
        "new opportunity deal 新建商机 xjsj",
    ),
    Item(
        _("New order"),
        "commerce:order_create",
        "shopping-cart",
        "orders.edit",
        "new order 新建订单 xjdd",
    ),
    Item(_("Import a file"), "imports:start", "file-import", "imports.run", "import upload 导入文件 drwj"),
]


NOWHERE = Destinations()


def links(items: list[Item], actor: Actor, path: str = "") -> list[Link]:
    """The items that exist and that ``actor`` may use; ``path`` is the page being shown."""
    return list(_links(items, actor, path))


def destinations(actor: Actor | None, path: str) -> Destinations:
    """Nothing for a stranger; ``path`` is the page being shown."""
    if actor is None:
        return NOWHERE
    addresses = (address(item.url_name) for item in (*WORK, *DATA, *CREATE))
    # links differ only by the one that leads here, not by the page within it
    here = next((url for url in addresses if url and _is_within(url, path)), "")
    return _destinations(actor, here, get_language())


@functools.lru_cache(maxsize=512)
def _destinations(actor: Actor, path: str, _language: str | None) -> Destinations:
    return Destinations(*(tuple(_links(items, actor, path)) for items in (WORK, DATA, CREATE)))


def _is_within(url: str, path: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))


@functools.cache
def address(url_name: str) -> str:
    """Asked several times on every page, and always the same; empty for what does not exist."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def _links(items: list[Item], actor: Actor, path: str) -> Iterator[Link]:
    for item in items:
        if not _may(actor, item.permission):
            continue
        url = address(item.url_name)
        if not url:
            continue
        yield Link(str(item.label), url, item.icon, _is_within(url, path), item.words)


def _may(actor: Actor, permission: str | tuple[str, ...] | None) -> bool:
    if permission is None:
        return True
    several = (permission,) if isinstance(permission, str) else permission
    return any(actor.may(each) for each in several)
