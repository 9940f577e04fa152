"""Opportunities, from the workspace into the database and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhiyin.customers import importers as customers
from zhiyin.imports.landing import Landing, Match, key_sql, unreferred
from zhiyin.platform.pinyin import name_key
from zhiyin.sales.models import Opportunity, OpportunityLine, StageStay

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace

_MATCH = Match("landed_deals", "dno", "deal_ids", "sales_opportunity", "t.code = l.code")
_COLUMNS = (
    "dno int, code text, name text, name_key text, customer uuid, cno int, product uuid, pno int, quantity numeric(19, 4),"
    " sno int, state text, owner uuid, amount numeric(19, 4), currency text, probability smallint, engaged_on date,"
    " begun_on date, expected_on date, closed_on date, source text, campaign text, next_step text, details text,"
    " reason text"
)
_MINE = "FROM sales_opportunity o WHERE o.tenant_id = %(tenant)s AND o.import_id = %(import)s"


def land(work: Workspace, landing: Landing) -> int:
    """Copy the opportunities and match them by their codes; how many are new."""
    work.key("SELECT name FROM deals", "deal_name_keys", name_key)
    landing.copy(
        work.con,
        "SELECT dno, code, name, key, customer, cno, product, pno, quantity, sno, state, owner, amount, currency,"
        " probability, engaged_on, begun_on, expected_on, closed_on, source, campaign, next_step, details, reason"
        " FROM deals JOIN deal_name_keys ON value = name ORDER BY dno",
        "landed_deals",
        _COLUMNS,
    )
    return landing.match(_MATCH)


def write_opportunities(work: Workspace, landing: Landing, *, engaged: str) -> dict[str, int]:
    """Write those whose codes are new, with products, ways through the stages and touches of the timeline.

    What is known of the way of one that is closed: from the day it was taken up it stood in the stage that is called
    so (``engaged``), where its pipeline has one.
    """
    land(work, landing)
    landing.create("landed_stages", "sno int, stage uuid")
    rows = work.con.execute("SELECT place, stage_id FROM stages").fetchall()
    landing.fill("landed_stages", [(place, str(stage)) for place, stage in rows])
    created = landing.insert(_MATCH, _INSERT, unit=landing.unit_id, owner=landing.owner_id, engaged=engaged)
    landing.run(_LINES.format(key=key_sql(landing.keys(), "l.dno")))
    landing.run(_CAME_FROM.format(key=key_sql(landing.keys(), "l.dno")), engaged=engaged)
    landing.run(_STANDS_IN.format(key=key_sql(landing.keys(), "l.dno")))
    customers.write_timeline(landing, _OPENED)
    customers.write_timeline(landing, _CLOSED)
    known = work.one("SELECT count(*) FROM deals") - created
    return {"opportunities_created": created, "opportunities_known": known}


_BEGUN = "(coalesce(l.begun_on, l.engaged_on)::timestamp AT TIME ZONE %(zone)s)"
_INSERT = (
    "INSERT INTO sales_opportunity (id, tenant_id, code, name, name_key, customer_id, pipeline_id, stage_id, furthest_id, state,"
    " owner_id, unit_id, amount, discount, currency, probability, category, horizon, channel, source, campaign, details,"
    " next_step, expected_on, engaged_on, closed_on, reason_id, reason_text, stage_since, import_id, version, created_at,"
    " updated_at)"
    " SELECT {key}, %(tenant)s, l.code, l.name, l.name_key, coalesce(l.customer, c.id), s.pipeline_id, s.id, f.id, s.kind,"
    " coalesce(m.id, %(owner)s), coalesce(m.unit_id, %(unit)s),"
    " coalesce(l.amount, CASE WHEN p.currency = l.currency THEN p.price * l.quantity END), 0, l.currency, l.probability,"
    " 'pipeline', '', 'direct', l.source, l.campaign, l.details, l.next_step, l.expected_on, l.engaged_on, l.closed_on,"
    " r.id, CASE WHEN r.id IS NULL AND s.kind <> 'open' THEN l.reason ELSE '' END,"
    " coalesce(l.closed_on::timestamp AT TIME ZONE %(zone)s, l.engaged_on::timestamp AT TIME ZONE %(zone)s,"
    f" {_BEGUN}, %(now)s), %(import)s, 1, coalesce({_BEGUN}, l.closed_on::timestamp AT TIME ZONE %(zone)s, %(now)s), %(now)s"
    " FROM landed_deals l JOIN landed_stages USING (sno) JOIN sales_stage s ON s.id = landed_stages.stage"
    # how far one came that is closed: to where it was taken up, if it was; else it is not known to have left the first
    " JOIN LATERAL (SELECT f.id FROM sales_stage f WHERE f.pipeline_id = s.pipeline_id AND f.kind = 'open'"
    " AND f.archived_at IS NULL ORDER BY f.id = s.id DESC, l.engaged_on IS NOT NULL AND f.name ~* %(engaged)s DESC,"
    " f.position LIMIT 1) f ON true"
    " LEFT JOIN customer_ids c USING (cno) LEFT JOIN product_ids i USING (pno)"
    " LEFT JOIN commerce_product p ON p.id = coalesce(l.product, i.id) LEFT JOIN accounts_member m ON m.id = l.owner"
    " LEFT JOIN sales_closereason r ON r.tenant_id = %(tenant)s AND r.kind = s.kind AND r.name = l.reason"
    " WHERE {absent} ORDER BY l.dno ON CONFLICT (tenant_id, code) DO NOTHING"
)
_NEW = "FROM landed_deals l JOIN deal_ids d USING (dno) JOIN sales_opportunity o ON o.id = d.id AND o.import_id = %(import)s"
_LINES = (
    "INSERT INTO sales_opportunityline (id, tenant_id, opportunity_id, position, product_id, quantity, unit_price, amount)"
    " SELECT {key}, %(tenant)s, o.id, 1, coalesce(l.product, i.id), l.quantity, round(coalesce(o.amount, 0) / l.quantity, 4),"
    f" coalesce(o.amount, 0) {_NEW} LEFT JOIN product_ids i USING (pno) WHERE coalesce(l.product, i.id) IS NOT NULL"
)
_CAME_FROM = (
    "INSERT INTO sales_stagestay (id, tenant_id, opportunity_id, stage_id, entered_at, left_at)"
    " SELECT {key}, %(tenant)s, o.id, s.id, o.engaged_on::timestamp AT TIME ZONE %(zone)s, o.stage_since"
    f" {_NEW} JOIN LATERAL (SELECT s.id FROM sales_stage s WHERE s.pipeline_id = o.pipeline_id AND s.kind = 'open'"
    " AND s.archived_at IS NULL AND s.name ~* %(engaged)s ORDER BY s.position LIMIT 1) s ON true"
    " WHERE o.state <> 'open' AND o.engaged_on IS NOT NULL"
)
_STANDS_IN = (
    "INSERT INTO sales_stagestay (id, tenant_id, opportunity_id, stage_id, entered_at)"
    f" SELECT {{key}}, %(tenant)s, o.id, o.stage_id, o.stage_since {_NEW}"
)
_DATA = (
    "jsonb_strip_nulls(jsonb_build_object('what', {what}, 'name', o.name, 'stage', s.name, 'amount', o.amount::text,"
    " 'currency', o.currency))"
)
_TOUCHED = " FROM sales_opportunity o JOIN sales_stage s ON s.id = o.stage_id"
_TOUCHED += " WHERE o.tenant_id = %(tenant)s AND o.import_id = %(import)s AND o.customer_id IS NOT NULL"
_OPENED = f"SELECT o.created_at, o.customer_id, 'opportunity', o.id, {_DATA.format(what=repr('opened'))}{_TOUCHED} ORDER BY o.id"
_CLOSED = (
    f"SELECT o.stage_since, o.customer_id, 'opportunity', o.id, {_DATA.format(what='o.state')}{_TOUCHED}"
    " AND o.state <> 'open' ORDER BY o.id"
)


# what an import itself makes for an opportunity
_OWN = (OpportunityLine, StageStay)


def undo_opportunities(landing: Landing) -> dict[str, int]:
    """Take back the opportunities that nobody changed since and nothing else refers to; stages that were made stay."""
    landing.run(f"SELECT {_MINE} FOR UPDATE")
    total = landing.one(f"SELECT count(*) {_MINE}")
    landing.create("gone_deals", "id uuid PRIMARY KEY")
    landing.run(
        f"INSERT INTO gone_deals SELECT o.id {_MINE} AND o.version = 1{unreferred(Opportunity, 'o', _OWN)}"
    )
    customers.forget_timeline(landing, "SELECT id FROM gone_deals")
    for each in _OWN:
        landing.run(f"DELETE FROM {each._meta.db_table} WHERE opportunity_id IN (SELECT id FROM gone_deals)")
    gone = landing.run("DELETE FROM sales_opportunity WHERE id IN (SELECT id FROM gone_deals)")
    return {"opportunities_deleted": gone, "opportunities_kept": total - gone}
