"""Leads from files, one a row, as fairs, advertising and other systems export them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from zhiyin.customers import columns
from zhiyin.customers.choices import ContactKind
from zhiyin.customers.contact_keys import checked
from zhiyin.customers.importers.reach import refuse_suppressed
from zhiyin.customers.keys import REGIONS
from zhiyin.imports.kinds import Check, Field, FieldType, Kind, Outcome
from zhiyin.imports.landing import Landing, key_sql
from zhiyin.imports.messages import Message, gettext_noop, ngettext_lazy
from zhiyin.imports.people import make_people, person
from zhiyin.imports.reading import ROW
from zhiyin.platform.errors import Invalid
from zhiyin.platform.pinyin import name_key
from zhiyin.sales.choices import LeadOrigin

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace

_ANCIENT = gettext_noop("The date lies before 1900.")
_FUTURE = gettext_noop("The date lies in the future.")
_UNREACHABLE = ngettext_lazy(
    "{count} row has neither a telephone number nor an e-mail address that could be right.",
    "{count} rows have neither a telephone number nor an e-mail address that could be right.",
)
_STRANGERS = ngettext_lazy(
    "{count} row names somebody who is no member of the company: the lead goes to you.",
    "{count} rows name somebody who is no member of the company: the leads go to you.",
)
# how other systems call the ways by which leads come
_ORIGINS = (
    (LeadOrigin.WEB, r"web|site|online|form|landing|网站|官网|网页|表单|落地页"),
    (LeadOrigin.MAIL, r"mail|邮"),
    (LeadOrigin.CALL, r"call|phone|电话|来电|400"),
    (LeadOrigin.EVENT, r"event|fair|show|exhibition|conference|seminar|展|会议|活动|沙龙"),
    (LeadOrigin.REFERRAL, r"refer|partner|word of mouth|介绍|推荐|转介"),
    (LeadOrigin.API, r"\bapi\b|接口"),
)
_TEXTS = {"company": 200, "city": 100, "source": 100, "campaign": 100, "details": 10_000}
_KEYED = {"customer_phone": ContactKind.PHONE, "customer_email": ContactKind.EMAIL}
# the first row of the same telephone, e-mail address or, without either, name and company
_SAME = "coalesce(nullif(phone_key, ''), nullif(email_key, ''), name_key || '|' || lower(company))"


class Leads(Kind):
    """One lead a row; who is an open lead already stays as it is."""

    name: ClassVar = "leads"
    label: ClassVar = gettext_noop("Leads")
    permission: ClassVar = "sales.edit"
    refers: ClassVar = True
    fields: ClassVar = (
        Field("lead_name", gettext_noop("Name of the lead"), synonyms=("lead name", "lead", "prospect", "prospect name",
            "线索", "线索名称", "线索姓名", "潜在客户"), required=True, length=200),
        Field("company", gettext_noop("Company"), synonyms=("company", "company name", "organization", "公司",
            "公司名称", "单位", "企业名称"), length=200),
        Field("customer_phone", gettext_noop("Telephone"), FieldType.PHONE, columns.PHONES),
        Field("customer_email", gettext_noop("E-mail"), FieldType.EMAIL, columns.EMAILS),
        Field("city", gettext_noop("City"), synonyms=("city", "town", "城市", "所在城市"), length=100),
        Field("origin", gettext_noop("Came by way of"), synonyms=("channel", "origin", "medium", "来源方式", "渠道",
            "来源渠道"), length=100),
        Field("source", gettext_noop("Source"), synonyms=("source", "lead source", "来源", "线索来源"), length=100),
        Field("campaign", gettext_noop("Campaign"), synonyms=("campaign", "campaign name", "活动", "市场活动",
            "营销活动"), length=100),
        Field("details", gettext_noop("What they want"), synonyms=("description", "details", "message", "notes",
            "需求", "留言", "备注", "描述"), length=10_000),
        Field("owner", gettext_noop("Owner"), synonyms=("owner", "lead owner", "owner name", "assigned to", "负责人",
            "线索负责人"), length=200),
        Field("came_at", gettext_noop("Came"), FieldType.DATE, ("created", "created at", "created date", "date",
            "创建时间", "创建日期", "提交时间", "留资时间")),
    )  # fmt: skip

    # --- in the workspace ------------------------------------------------------------------------

    def checks(self, work: Workspace) -> list[Check]:
        now = work.frame.now.isoformat(" ", "seconds")[:19]
        return [
            Check("year(came_at) < 1900", Message(_ANCIENT)),
            Check(f"came_at > TIMESTAMP '{now}' + INTERVAL 1 DAY", Message(_FUTURE)),
        ]

    def refuse_beyond(self, work: Workspace, landing: Landing) -> None:
        refuse_suppressed(work, "NULL::VARCHAR")
        make_people(work, landing.actor)

    def prepare(self, work: Workspace) -> Outcome:
        region = REGIONS.get(work.frame.currency)
        for column, kind in _KEYED.items():
            work.key(f"SELECT {column} FROM typed", f"{column}_keys", _key_of(kind, region))
        work.key("SELECT left(lead_name, 200) FROM typed", "lead_keys", lambda name: name_key(name)[:400])
        texts = ", ".join(f"left(coalesce({name}, ''), {most}) AS {name}" for name, most in _TEXTS.items())
        work.con.execute(
            f"CREATE TABLE every_lead AS SELECT t.{ROW} AS place, left(lead_name, 200) AS name, n.key AS name_key,"
            " left(coalesce(customer_phone, ''), 100) AS phone, coalesce(left(p.key, 100), '') AS phone_key,"
            " left(coalesce(customer_email, ''), 254) AS email, coalesce(left(e.key, 254), '') AS email_key,"
            f" {_origin()} AS origin, {texts}, m.id AS owner, came_at FROM typed t"
            " JOIN lead_keys n ON n.value = left(lead_name, 200)"
            " LEFT JOIN customer_phone_keys p ON p.value = customer_phone"
            " LEFT JOIN customer_email_keys e ON e.value = customer_email"
            f" LEFT JOIN people m ON m.key = {person('t.owner')}"
        )
        work.con.execute(
            "CREATE TABLE leads AS SELECT (row_number() OVER (ORDER BY place))::INTEGER AS lno, * FROM every_lead"
            f" QUALIFY row_number() OVER (PARTITION BY {_SAME} ORDER BY place) = 1"
        )
        outcome = Outcome({"leads": work.one("SELECT count(*) FROM leads")})
        strangers = f"SELECT count(*) FROM typed t ANTI JOIN people ON key = {person('t.owner')} WHERE t.owner IS NOT NULL"
        told = (
            (_UNREACHABLE, work.one("SELECT count(*) FROM leads WHERE phone_key = '' AND email_key = ''")),
            (_STRANGERS, work.one(strangers)),
        )
        outcome.messages += [message(count) for message, count in told if count]
        return outcome

    # --- into the database -----------------------------------------------------------------------

    def compare(self, work: Workspace, landing: Landing) -> dict[str, int]:
        _land(work, landing)
        new = landing.one(f"SELECT count(*) {_NEW}")
        return {"leads_new": new, "leads_known": work.one("SELECT count(*) FROM leads") - new}

    def apply(self, work: Workspace, landing: Landing) -> dict[str, int]:
        _land(work, landing)
        created = landing.run(
            _INSERT.format(key=key_sql(landing.keys(), "l.lno")), unit=landing.actor.unit_id
        )
        return {"leads_created": created, "leads_known": work.one("SELECT count(*) FROM leads") - created}

    def undo(self, landing: Landing) -> dict[str, int]:
        """Take back the leads that nobody has worked on since."""
        landing.run(f"SELECT FROM sales_lead WHERE {_MINE} ORDER BY id FOR UPDATE")
        gone = landing.run(f"DELETE FROM sales_lead WHERE {_MINE} AND version = 1 AND state = 'new'")
        return {
            "leads_deleted": gone,
            "leads_kept": landing.one(f"SELECT count(*) FROM sales_lead WHERE {_MINE}"),
        }


def _key_of(kind: ContactKind, region: str | None) -> Callable[[str], str]:
    """What a telephone or address is known by; nothing when it cannot be right."""

    def key(written: str) -> str:
        try:
            return checked(kind, written, region)[1]
        except Invalid:
            return ""

    return key


def _origin() -> str:
    said = "lower(concat_ws(' ', origin, CASE WHEN origin IS NULL THEN source END))"
    tests = " ".join(f"WHEN regexp_matches({said}, '{words}') THEN '{way.value}'" for way, words in _ORIGINS)
    return f"CASE {tests} ELSE '{LeadOrigin.HAND.value}' END"


_MINE = "tenant_id = %(tenant)s AND import_id = %(import)s"
_COLUMNS = (
    "lno int, name text, name_key text, company text, phone text, phone_key text, email text, email_key text, city text,"
    " origin text, source text, campaign text, details text, owner uuid, came_at timestamp"
)
_NEW = (
    "FROM landed_leads l LEFT JOIN accounts_member m ON m.id = coalesce(l.owner, %(member)s) WHERE NOT EXISTS ("
    "SELECT FROM sales_lead t WHERE t.tenant_id = %(tenant)s AND t.removed_at IS NULL AND t.state IN"
    " ('new', 'working', 'qualified') AND CASE WHEN l.phone_key <> '' OR l.email_key <> ''"
    " THEN (t.phone_key <> '' AND t.phone_key = l.phone_key) OR (t.email_key <> '' AND t.email_key = l.email_key)"
    " ELSE t.name_key = l.name_key AND lower(t.company) = lower(l.company) END)"
)
_INSERT = (
    "INSERT INTO sales_lead (id, tenant_id, name, name_key, company, phone, phone_key, email, email_key, city, origin,"
    " source, campaign, details, state, owner_id, unit_id, import_id, version, created_at, updated_at)"
    " SELECT {key}, %(tenant)s, l.name, l.name_key, l.company, l.phone, l.phone_key, l.email, l.email_key, l.city,"
    " l.origin, l.source, l.campaign, l.details, 'new', m.id, coalesce(m.unit_id, %(unit)s), %(import)s, 1,"
    f" coalesce(l.came_at AT TIME ZONE %(zone)s, %(now)s), %(now)s {_NEW} ORDER BY l.lno"
)


def _land(work: Workspace, landing: Landing) -> None:
    landing.copy(
        work.con,
        "SELECT lno, name, name_key, company, phone, phone_key, email, email_key, city, origin, source, campaign, details,"
        " owner, came_at FROM leads ORDER BY lno",
        "landed_leads",
        _COLUMNS,
    )
    landing.run("ANALYZE landed_leads")
