"""A file of customers, one a row."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from zhiyin.customers.columns import CODES, COUNTRIES, EMAILS, NAMES, PHONES
from zhiyin.customers.contact_keys import ACCOUNTS
from zhiyin.customers.fields import PREFIX
from zhiyin.customers.fields import Field as Own
from zhiyin.customers.importers.grading import refuse_unknown_grades
from zhiyin.customers.importers.matching import MATCHED_BY, settle_known
from zhiyin.customers.importers.own import (
    fillable,
    require_as_things_are,
    require_own,
    settle_own,
    targets,
)
from zhiyin.customers.importers.reach import refuse_binned, refuse_suppressed
from zhiyin.customers.importers.relations import (
    strangers,
)
from zhiyin.customers.importers.sensitive import (
    FIELDS,
    SECRET,
    refuse_wrong,
)
from zhiyin.customers.importers.unknown import (
    TYPES,
    guess_type,
    make_fields,
    plan,
    planned_fields,
    take_options,
)
from zhiyin.customers.models import Grade
from zhiyin.imports import kinds
from zhiyin.imports.kinds import Check, Field, FieldType, Kind, Outcome
from zhiyin.imports.landing import Landing
from zhiyin.imports.messages import Message, gettext_noop, ngettext_lazy
from zhiyin.imports.people import make_people

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from zhiyin.imports.workspace import Workspace
    from zhiyin.platform.actors import Actor

from zhiyin.customers.importers.customers import (
    CODE,
    DETAILS,
    NAME,
    WHO,
    gather_customers,
    kind_of,
    match_customers,
    refuse_beyond,
    undo_customers,
    write_customers,
)

_PHONES = ngettext_lazy(
    "{count} telephone number cannot be read as such; it is kept as it is written.",
    "{count} telephone numbers cannot be read as such; they are kept as they are written.",
)
_EMAILS = ngettext_lazy(
    "{count} e-mail address cannot be read as such; it is kept as it is written.",
    "{count} e-mail addresses cannot be read as such; they are kept as they are written.",
)
_ACCOUNTS = ngettext_lazy(
    "{count} account at a service does not have the form of one; it is kept as it is written.",
    "{count} accounts at a service do not have the form of one; they are kept as they are written.",
)
_REPEATED = ngettext_lazy(
    "{count} row repeats a customer of the file; of several values the first counts.",
    "{count} rows repeat a customer of the file; of several values the first counts.",
)


# a file that names parent companies, and none of these, is one of companies
_OF_PEOPLE = ("family_name", "given_name", "company", "job_title")


class Customers(Kind):
    """One customer a row."""

    name: ClassVar = "customers"
    refers: ClassVar = True
    label: ClassVar = gettext_noop("Customers")
    permission: ClassVar = "customers.edit"
    fields: ClassVar = (
        Field("customer_code", gettext_noop("Customer code"), FieldType.CODE, (*CODES, "code", "id",
            "编号", "编码"), length=64),
        Field("customer_name", gettext_noop("Customer name"), synonyms=NAMES, length=200),
        Field("family_name", gettext_noop("Family name"), synonyms=("last name", "family name", "surname", "姓", "姓氏"),
            length=100),
        Field("given_name", gettext_noop("Given name"), synonyms=("first name", "given name", "名", "名字"),
            length=100),
        Field("short_name", gettext_noop("Short name"), synonyms=("short name", "简称", "客户简称"),
            length=100),
        Field("kind", gettext_noop("Kind of customer"), synonyms=("kind", "customer type", "type", "客户类型",
            "类型"), length=50),
        Field("customer_phone", gettext_noop("Telephone"), FieldType.PHONE, PHONES, length=400),
        Field("customer_email", gettext_noop("E-mail"), FieldType.EMAIL, EMAILS, length=400),
        Field("wechat", gettext_noop("WeChat ID"), synonyms=("wechat", "wechat id", "weixin", "微信", "微信号"),
            length=400),
        Field("openid", gettext_noop("WeChat OpenID"), FieldType.CODE, ("openid", "open id", "微信openid"),
            length=400),
        Field("unionid", gettext_noop("WeChat UnionID"), FieldType.CODE, ("unionid", "union id", "微信unionid"),
            length=400),
        Field("wecom", gettext_noop("WeCom external ID"), FieldType.CODE, ("external userid", "external_userid",
            "wecom", "企业微信", "外部联系人id", "企业微信id"), length=400),
        Field("qq", gettext_noop("QQ"), FieldType.CODE, ("qq", "qq号", "qq号码", "腾讯qq"), length=400),
        Field("weibo", gettext_noop("Weibo"), synonyms=("weibo", "微博", "新浪微博", "微博昵称"), length=400),
        Field("douyin", gettext_noop("Douyin"), synonyms=("douyin", "抖音", "抖音号"), length=400),
        Field("province", gettext_noop("Province"), synonyms=("province", "state", "省", "省份", "所在省份"),
            length=200),
        Field("district", gettext_noop("County or district"), synonyms=("district", "county", "区", "区县", "县区",
            "所在区县"), length=200),
        Field("township", gettext_noop("Township or street office"), synonyms=("township", "乡镇", "街道", "乡镇街道"),
            length=200),
        Field("address", gettext_noop("Address"), synonyms=("address", "street", "地址", "收货地址",
            "联系地址", "详细地址"), length=400),
        Field("postcode", gettext_noop("Postcode"), FieldType.CODE, ("postcode", "zip", "zip code", "postal code",
            "邮编", "邮政编码"), length=20),
        Field("city", gettext_noop("City"), synonyms=("city", "town", "城市", "市", "所在城市"), length=100),
        Field("country", gettext_noop("Country"), synonyms=COUNTRIES, length=64),
        Field("owner", gettext_noop("Owner"), synonyms=("owner", "owner name", "record owner", "account owner",
            "contact owner", "lead owner", "salesperson", "assigned to", "assigned user", "负责人", "所属人",
            "归属人", "客户负责人", "业务员"), length=200),
        Field("company", gettext_noop("Works at"), synonyms=("employer", "works at", "associated company",
            "parent customer", "所属公司", "所属客户", "任职单位", "工作单位"), length=200),
        Field("job_title", gettext_noop("Job title"), synonyms=("job title", "title", "position", "职务", "职位",
            "头衔"), length=100),
        Field("parent", gettext_noop("Parent company"), synonyms=("parent account", "parent company",
            "parent account id", "subsidiary of", "上级客户", "上级公司", "母公司", "总公司"), length=200),
        Field("source", gettext_noop("Source"), synonyms=("source", "channel", "来源", "客户来源", "渠道"),
            length=64),
        Field("grade", gettext_noop("Grade"), synonyms=("grade", "customer grade", "customer level", "客户等级", "客户级别", "客户分级"), length=50),
        *FIELDS,
    )  # fmt: skip
    one_of: ClassVar = ((*CODE, "family_name"),)
    matched_by: ClassVar = MATCHED_BY
    secret: ClassVar = SECRET

    own: Sequence[Own] = ()
    planned: Sequence[Own] = ()

    def seen_by(self, actor: Actor, planned: Sequence[Mapping[str, str]] = ()) -> Kind:
        seen = copy.copy(self)
        seen.planned = planned_fields(planned)
        seen.own = [*fillable(actor), *seen.planned]
        graded = Grade.objects.exists()
        mine = (each for each in type(self).fields if graded or each.name != "grade")
        vars(seen)["fields"] = (*mine, *targets(seen.own))
        return seen

    def new_types(self, actor: Actor) -> list[tuple[str, str | Promise]]:
        return [(each.value, each.label) for each in TYPES] if actor.may("settings.manage") else []

    def guess_type(self, values: Sequence[str], rows: int) -> str:
        return guess_type(values, rows)

    def plan(self, actor: Actor, wanted: Mapping[str, str]) -> list[dict[str, str]]:
        return plan(actor, wanted)

    def checks(self, work: Workspace) -> list[Check]:  # noqa: ARG002
        return [
            Check(
                f"{WHO} IS NULL",
                Message(gettext_noop("The row names no customer: no code, telephone, e-mail or name.")),
            ),
            Check(
                f"length({WHO}) > 64",
                Message(gettext_noop("What stands for the customer's code is longer than 64 characters.")),
            ),
            Check("length(regexp_replace(customer_phone, '[^0-9]', '', 'g')) < 5", _PHONES(0), refuse=False),
            Check("customer_email NOT LIKE '%_@_%'", _EMAILS(0), refuse=False),
            *(
                Check(f"NOT regexp_full_match({kind}, '{form}')", _ACCOUNTS(0), refuse=False)
                for kind, form in ACCOUNTS.items()
            ),
        ]

    def refuse_beyond(self, work: Workspace, landing: Landing) -> None:
        make_people(work, landing.actor)
        if landing.actor.scope != "all":
            refuse_beyond(work, landing, WHO)
        refuse_wrong(work)
        refuse_unknown_grades(work)
        refuse_binned(work, landing, WHO)
        refuse_suppressed(work, WHO)
        settle_known(work, landing, WHO, NAME)
        take_options(work, self.planned)
        settle_own(work, self.own)
        require_own(work, landing, self.own, WHO)
        core = {"name": NAME, "code": "customer_code", "kind": kind_of(NAME)}
        same = {name: name for name in ("short_name", "country", "city", "source")}
        require_as_things_are(work, landing, self.own, WHO, core | same)

    def prepare(self, work: Workspace) -> Outcome:
        columns = {key: f"customer_{key}" for key in ("name", "phone", "email")}
        offered = {each.name for each in work.kind.fields}
        columns |= {key: key for key in DETAILS if key not in columns and key in offered}
        columns |= {each.name: each.name for each in work.kind.fields if each.name.startswith(PREFIX)}
        if {"given_name", "family_name"} & work.mapping.keys():
            columns["name"] = NAME
        if "parent" in work.mapping and not {"kind", *_OF_PEOPLE} & work.mapping.keys():
            columns["kind"] = "'company'"
        outcome = gather_customers(work, WHO, columns)
        repeated = work.one("SELECT count(*) FROM typed") - outcome.counts["customers"]
        if repeated:
            outcome.messages.append(_REPEATED(repeated))
        outcome.counts["repeated"] = repeated
        outcome.messages += strangers(work)
        return outcome

    def compare(self, work: Workspace, landing: Landing) -> dict[str, int]:
        new = match_customers(work, landing)
        return {"customers_new": new, "customers_known": work.one("SELECT count(*) FROM customers") - new}

    def apply(self, work: Workspace, landing: Landing) -> dict[str, int]:
        make_fields(landing, self.planned)
        return write_customers(work, landing, update=True)

    def undo(self, landing: Landing) -> dict[str, int]:
        return undo_customers(landing)


kinds.register(Customers())
