"""Opportunities from files, one a row, as other systems export them."""

from __future__ import annotations

import datetime
import zoneinfo
from typing import TYPE_CHECKING, ClassVar

from zhiyin.commerce.importers import products
from zhiyin.commerce.importers.products import currency_check, gather_products
from zhiyin.customers import columns
from zhiyin.customers import importers as customers
from zhiyin.customers.importers import gather_customers
from zhiyin.customers.importers.naming import find_named
from zhiyin.customers.importers.reach import refuse_binned, refuse_suppressed
from zhiyin.imports.formats import NUMBER
from zhiyin.imports.kinds import Check, Field, FieldType, Kind, Outcome
from zhiyin.imports.landing import Landing
from zhiyin.imports.messages import Message, gettext_noop, ngettext_lazy
from zhiyin.imports.people import make_people, person
from zhiyin.imports.reading import ROW
from zhiyin.sales.importers.products import find_products
from zhiyin.sales.importers.stages import ENGAGED, kind_of, make_stages, plan_stages
from zhiyin.sales.importers.writing import land, undo_opportunities, write_opportunities

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace

_FUTURE = gettext_noop("It is won or lost, and its day lies in the future.")
_NO_DAY = gettext_noop("It is won or lost, and no day says when.")
_BACKWARDS = gettext_noop("It was closed before it was taken up.")
_ANCIENT = gettext_noop("The date lies before 1900.")
_NEGATIVE = gettext_noop("The amount is negative.")
_PROBABILITY = gettext_noop("A probability is a number from 0 to 100.")
_LONG_CODE = gettext_noop("What stands for the customer's code is longer than 64 characters.")
_NAMELESS = gettext_noop("The row says nothing that the opportunity could be called.")
_TWICE = gettext_noop("An earlier row of the file has this code.")
_PRICED = ngettext_lazy(
    "{count} row names no amount: the list price of its product stands for it, where it has one.",
    "{count} rows name no amount: the list price of their product stands for it, where it has one.",
)
_HOMELESS = ngettext_lazy(
    "{count} row names no customer; the opportunity has none.",
    "{count} rows name no customer; the opportunities have none.",
)
_STRANGERS = ngettext_lazy(
    "{count} row names somebody who is no member of the company: the opportunity has no owner.",
    "{count} rows name somebody who is no member of the company: the opportunities have no owner.",
)
_STAGES = ngettext_lazy(
    "{count} stage is not there yet and is made, in the pipeline that the rows go to.",
    "{count} stages are not there yet and are made, in the pipeline that the rows go to.",
)
_DAYS = ("engaged_on", "closed_on", "expected_on", "begun_on")
_CODES = tuple(name for name in columns.CODES if name not in ("customer", "account"))
_TEXTS = {"source": 100, "campaign": 100, "next_step": 200, "details": 10_000, "reason": 500}
_WHO = f"coalesce({', '.join(customers.CODE)})"
_NAME = "coalesce(opportunity_name, nullif(concat_ws(' · ', customer_name, product), ''), opportunity_code)"
# the same row of the same file has the same code again
_CODE = (
    "coalesce(opportunity_code, 'I-' || left(md5(concat_ws('|', opportunity_name, customer_code, customer_name,"
    " customer_email, customer_phone, product, owner, amount, engaged_on, begun_on)), 20))"
)


class Opportunities(Kind):
    """One opportunity a row; customers, products and stages that are not there are made."""

    name: ClassVar = "opportunities"
    label: ClassVar = gettext_noop("Opportunities")
    permission: ClassVar = "sales.edit"
    refers: ClassVar = True
    references: ClassVar = {
        "owner": ("members", "member_name"),
        "product": ("products", "product_name"),
        "customer_name": ("customers", "customer_name"),
        "customer_code": ("customers", "customer_code"),
    }
    fields: ClassVar = (
        Field("opportunity_code", gettext_noop("Code"), FieldType.CODE, ("opportunity id", "opportunity code",
            "opportunity no", "deal id", "deal no", "record id", "id", "商机编号", "商机编码", "商机id"), length=64),
        Field("opportunity_name", gettext_noop("Name"), synonyms=("opportunity name", "deal name", "opportunity",
            "deal", "title", "name", "商机名称", "商机", "项目名称"), length=200),
        Field("customer_code", gettext_noop("Customer code"), FieldType.CODE, _CODES, length=64),
        Field("customer_name", gettext_noop("Customer name"), synonyms=("account", "customer", *(n for n in
            columns.NAMES if n not in ("name", "名称")), "associated company", "organization", "客户全称")),
        Field("customer_phone", gettext_noop("Telephone"), FieldType.PHONE, columns.PHONES),
        Field("customer_email", gettext_noop("E-mail"), FieldType.EMAIL, columns.EMAILS),
        Field("product", gettext_noop("Product"), synonyms=(*products.NAMES, *products.CODES), length=300),
        Field("quantity", gettext_noop("Quantity"), FieldType.QUANTITY, ("quantity", "qty", "数量")),
        Field("pipeline", gettext_noop("Pipeline"), synonyms=("pipeline", "pipeline name", "sales process",
            "销售管道", "销售流程", "商机组"), length=100, by_name=True),
        Field("stage", gettext_noop("Stage"), synonyms=("stage", "deal stage", "stage name", "sales stage",
            "status", "state", "阶段", "销售阶段", "商机阶段", "商机状态", "状态"), length=100),
        Field("owner", gettext_noop("Owner"), synonyms=("owner", "deal owner", "opportunity owner", "sales agent",
            "salesperson", "sales rep", "owner name", "assigned to", "assigned user", "负责人", "商机负责人",
            "业务员", "销售", "销售人员"), length=200),
        Field("amount", gettext_noop("Amount"), FieldType.AMOUNT, ("amount", "value", "close value", "deal value",
            "expected revenue", "revenue", "金额", "商机金额", "预计金额", "成交金额")),
        Field("currency", gettext_noop("Currency"), FieldType.CURRENCY, ("currency", "currency code", "币种",
            "货币"), length=3),
        Field("probability", gettext_noop("Probability"), FieldType.QUANTITY, ("probability", "win probability",
            "赢率", "成交概率", "可能性")),
        Field("begun_on", gettext_noop("Begun on"), FieldType.DATE, ("created", "created at", "created date",
            "create date", "date created", "创建时间", "创建日期")),
        Field("engaged_on", gettext_noop("Taken up on"), FieldType.DATE, ("engage date", "engaged on",
            "engagement date", "start date", "接洽日期", "接洽时间")),
        Field("expected_on", gettext_noop("Expected close"), FieldType.DATE, ("expected close", "expected close date",
            "expected closing", "forecast close date", "预计成交日期", "预计签单日期", "预计成交时间")),
        Field("closed_on", gettext_noop("Closed on"), FieldType.DATE, ("close date", "closed on", "closed date",
            "won date", "成交日期", "结束日期", "关闭日期", "实际成交日期")),
        Field("reason", gettext_noop("Reason"), synonyms=("reason", "lost reason", "loss reason", "closed lost reason",
            "won reason", "输单原因", "赢单原因", "原因"), length=500),
        Field("source", gettext_noop("Source"), synonyms=("source", "lead source", "来源", "商机来源"), length=100),
        Field("campaign", gettext_noop("Campaign"), synonyms=("campaign", "campaign source", "活动", "市场活动"),
            length=100),
        Field("next_step", gettext_noop("Next step"), synonyms=("next step", "下一步", "下一步计划"), length=200),
        Field("details", gettext_noop("Details"), synonyms=("description", "details", "notes", "备注", "描述"),
            length=10_000),
    )  # fmt: skip
    one_of: ClassVar = (("opportunity_code", "opportunity_name", "customer_name", "product"),)

    # --- in the workspace ------------------------------------------------------------------------

    def checks(self, work: Workspace) -> list[Check]:
        local = work.frame.now.astimezone(zoneinfo.ZoneInfo(work.frame.time_zone)).replace(tzinfo=None)
        latest = (local + datetime.timedelta(days=1)).isoformat(" ", "seconds")
        ancient = " OR ".join(f"year({day}) < 1900" for day in _DAYS)
        return [
            Check(f"{_NAME} IS NULL", Message(_NAMELESS)),
            Check("amount < 0", Message(_NEGATIVE)),
            Check("quantity <= 0", Message(gettext_noop("The quantity is not above zero."))),
            Check("probability < 0 OR probability > 100", Message(_PROBABILITY)),
            Check(f"closed_on > TIMESTAMP '{latest}' AND NOT {self._is_open(work)}", Message(_FUTURE)),
            Check(
                f"coalesce(closed_on, expected_on) IS NULL AND NOT {self._is_open(work)}", Message(_NO_DAY)
            ),
            Check(f"closed_on < engaged_on AND NOT {self._is_open(work)}", Message(_BACKWARDS)),
            Check(ancient, Message(_ANCIENT)),
            Check(f"length({_WHO}) > 64", Message(_LONG_CODE)),
            currency_check(),
        ]

    def _is_open(self, work: Workspace) -> str:
        """Whether a row is neither won nor lost, as its stage is called."""
        met = work.con.execute("SELECT DISTINCT stage FROM typed WHERE stage IS NOT NULL").fetchall()
        closed = [stage.replace("'", "''") for (stage,) in met if kind_of(stage) != "open"]
        names = ", ".join(f"'{stage}'" for stage in ("-", *closed))
        return f"coalesce(stage, '') NOT IN ({names})"

    def refuse_beyond(self, work: Workspace, landing: Landing) -> None:
        work.refuse(
            Message(_TWICE),
            f"SELECT {ROW} FROM typed QUALIFY row_number() OVER (PARTITION BY {_CODE} ORDER BY {ROW}) > 1",
        )
        refuse_binned(work, landing, _WHO)
        refuse_suppressed(work, _WHO)
        if landing.actor.scope != "all":
            customers.refuse_beyond(work, landing, _WHO)
        make_people(work, landing.actor)
        find_named(work, landing)
        plan_stages(work, landing)
        find_products(work)

    def prepare(self, work: Workspace) -> Outcome:
        work.con.execute("SET VARIABLE currency = ?", [work.frame.currency])
        work.con.execute(
            "ALTER VIEW typed RENAME TO plain; CREATE VIEW typed AS SELECT p.*, f.customer AS customer_there,"
            f" CASE WHEN f.number = 0 THEN {_WHO} END AS customer_new, t.product AS product_there,"
            f" t.code AS product_new FROM plain p LEFT JOIN naming USING ({ROW}) LEFT JOIN found f USING (nno)"
            " LEFT JOIN things t ON t.product_named = p.product"
        )
        details = {
            "name": "customer_name",
            "phone": "customer_phone",
            "email": "customer_email",
            "kind": "'company'",
        }
        outcome = gather_customers(work, "customer_new", details)
        outcome.counts["products"] = gather_products(work, "product_new", {"name": "product"})
        self._gather(work)
        self._say(work, outcome)
        return outcome

    def _gather(self, work: Workspace) -> None:
        """Make ``deals``: one row each, days as days, what closes without a day of its own closed when it was expected."""
        texts = ", ".join(f"left(coalesce({name}, ''), {most}) AS {name}" for name, most in _TEXTS.items())
        days = "engaged_on::DATE AS engaged_on, begun_on::DATE AS begun_on"
        work.con.execute(
            f"CREATE TABLE deals AS SELECT (row_number() OVER (ORDER BY t.{ROW}))::INTEGER AS dno, {_CODE} AS code,"
            f" left({_NAME}, 200) AS name, customer_there AS customer, s.cno, t.product_there AS product, g.pno,"
            " coalesce(quantity, 1) AS quantity, stages.place AS sno, stages.kind AS state, m.id AS owner,"
            f" CASE WHEN stages.kind = 'lost' AND amount = 0 THEN NULL ELSE amount END::{NUMBER} AS amount,"
            " coalesce(upper(currency), getvariable('currency')) AS currency, round(probability)::SMALLINT AS probability,"
            f" {days}, CASE WHEN stages.kind = 'open' THEN coalesce(expected_on, closed_on) ELSE expected_on END::DATE"
            " AS expected_on, CASE WHEN stages.kind <> 'open' THEN coalesce(closed_on, expected_on) END::DATE AS closed_on,"
            f" {texts} FROM typed t"
            " JOIN (SELECT pipeline AS of, stage AS called, kind, place FROM stages) stages"
            " ON stages.of IS NOT DISTINCT FROM t.pipeline AND stages.called IS NOT DISTINCT FROM t.stage"
            " LEFT JOIN spellings s ON s.spelling = t.customer_new"
            " LEFT JOIN (SELECT pno, code AS goods FROM products) g ON g.goods = t.product_new"
            f" LEFT JOIN people m ON m.key = {person('t.owner')}"
        )

    def _say(self, work: Workspace, outcome: Outcome) -> None:
        row = work.con.execute(
            "SELECT count(*), count(*) FILTER (state = 'won'), count(*) FILTER (state = 'lost'),"
            " coalesce(sum(amount) FILTER (state = 'won'), 0),"
            " count(*) FILTER (amount IS NULL AND (product IS NOT NULL OR pno IS NOT NULL)),"
            " count(*) FILTER (customer IS NULL AND cno IS NULL) FROM deals"
        ).fetchall()[0]
        strangers = work.one(
            f"SELECT count(*) FROM typed t ANTI JOIN people ON key = {person('t.owner')} WHERE t.owner IS NOT NULL"
        )
        new_stages = work.one("SELECT count(*) FROM stages WHERE stage_id IS NULL")
        outcome.counts |= {"opportunities": row[0], "won": row[1], "lost": row[2]}
        outcome.totals = {"won_value": f"{row[3]:f}"}
        told = (_PRICED, row[4]), (_HOMELESS, row[5]), (_STRANGERS, strangers), (_STAGES, new_stages)
        outcome.messages += [message(int(count)) for message, count in told if count]

    # --- into the database -----------------------------------------------------------------------

    def compare(self, work: Workspace, landing: Landing) -> dict[str, int]:
        new = land(work, landing)
        return {
            "customers_new": customers.match_customers(work, landing),
            "products_new": products.match_products(work, landing),
            "stages_new": work.one("SELECT count(*) FROM stages WHERE stage_id IS NULL"),
            "opportunities_new": new,
            "opportunities_known": work.one("SELECT count(*) FROM deals") - new,
        }

    def apply(self, work: Workspace, landing: Landing) -> dict[str, int]:
        counts = customers.write_customers(work, landing, update=False)
        counts |= products.write_products(work, landing, update=False)
        counts["stages_created"] = make_stages(work, landing)
        return counts | write_opportunities(work, landing, engaged=ENGAGED)

    def undo(self, landing: Landing) -> dict[str, int]:
        deals = undo_opportunities(landing)
        return deals | products.undo_products(landing) | customers.undo_customers(landing)
