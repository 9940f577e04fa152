"""Customers named in a file: told apart, landed, put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhiyin.customers import access
from zhiyin.customers.actions.sealing import open_contacts, settle_contacts
from zhiyin.customers.choices import ContactKind, FieldAccess
from zhiyin.customers.contact_keys import loose_key
from zhiyin.customers.fields import PREFIX
from zhiyin.customers.importers.grading import regrade, write_grades
from zhiyin.customers.importers.own import (
    land_own,
    new_own,
    own_parameters,
    restore_own,
    update_own,
)
from zhiyin.customers.importers.placing import place_by_rules
from zhiyin.customers.importers.reach import lead_on, within
from zhiyin.customers.importers.relations import (
    forget_relations,
    land_owners,
    write_relations,
)
from zhiyin.customers.importers.sensitive import (
    SECRET,
    forget_sensitive_values,
    write_sensitive,
)
from zhiyin.customers.importers.trails import write_trails, write_trails_back
from zhiyin.customers.importers.unknown import (
    forget_fields,
)
from zhiyin.customers.keys import REGIONS, code_key, search_text
from zhiyin.customers.models import (
    Assignment,
    ContactPoint,
    Customer,
    CustomerSearch,
    GradeChange,
    Holding,
    PoolMove,
    SensitiveValue,
    StatusChange,
    TimelineEvent,
)
from zhiyin.imports.grouping import group
from zhiyin.imports.kinds import Outcome
from zhiyin.imports.landing import Landing, Match, key_sql, unreferred
from zhiyin.imports.messages import Message, gettext_noop, ngettext_lazy
from zhiyin.imports.reading import ROW
from zhiyin.platform import search
from zhiyin.platform.pinyin import name_key

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace

ORGANISATION = (
    r"公司|集团|有限|股份|商行|商店|超市|医院|学校|大学|银行|工厂|经营部|事务所"
    r"|(?i)\b(ltd|limited|inc|gmbh|llc|corp|plc|co|company|group)\b\.?"
)
CODE = ("customer_code", "customer_phone", "customer_email", "customer_name")
"""What tells customers apart in any file: the first of these that a row has."""
_HAN = r"\p{Han}"
_NAMED = (
    f"CASE WHEN regexp_matches(concat(family_name, given_name), '{_HAN}') THEN concat(family_name, given_name)"
    " ELSE nullif(concat_ws(' ', given_name, family_name), '') END"
)
NAME = f"coalesce(customer_name, {_NAMED})"
"""A name in one column, or put together of two as its writing has it."""
WHO = f"coalesce({', '.join(CODE[:3])}, {NAME})"
PLACE = ("country", "province", "city", "district", "township", "address", "postcode")
"""Parts of an address in files, in the order in which they are written; ``address`` is the street."""
DETAILS = (
    "name",
    "short_name",
    "kind",
    "source",
    "grade",
    "owner",
    "company",
    "parent",
    "job_title",
    *SECRET,
    *PLACE,
    *(kind for kind in ContactKind.values if kind != "address"),
)

_MATCH = Match(
    "landed_codes", "cno", "customer_ids", "customers_customer", "t.code_key = l.code_key", held=True
)

_POOLED = "SELECT c.id FROM customer_ids JOIN customers_customer c USING (id) WHERE c.pool_id IS NOT NULL"
# what an import itself makes for a customer
_OWN = (
    CustomerSearch,
    GradeChange,
    StatusChange,
    TimelineEvent,
    ContactPoint,
    SensitiveValue,
    Assignment,
    PoolMove,
    Holding,
)

_VARIANTS = ngettext_lazy(
    "{count} customer code is written in several ways that differ only by blanks or case; it is taken as one.",
    "{count} customer codes are written in several ways that differ only by blanks or case; they are taken"
    " as one.",
)
_BEYOND = gettext_noop("The customer is outside the records that you may change.")


def kind_of(name: str) -> str:
    """Person or organisation: as the row says, else by the ``name``, an expression."""
    return (
        "CASE WHEN regexp_matches(lower(kind), '企业|公司|单位|组织|organi[sz]ation|company|business') THEN"
        " 'organisation'"
        " WHEN kind IS NOT NULL THEN 'person'"
        f" WHEN regexp_matches(coalesce({name}, ''), '{ORGANISATION}') THEN 'organisation' ELSE 'person' END"
    )


# --- in the workspace ----------------------------------------------------------------------------


def gather_customers(work: Workspace, identity: str, columns: dict[str, str]) -> Outcome:
    """Make the table ``customers`` (``cno`` in order of the rows) and ``spellings`` of their codes, in DuckDB.

    ``identity`` is the expression over ``typed`` that names a row's customer; ``columns`` give the expression of
    each detail. Of several values the first in the file counts.
    """
    con = work.con
    group(con, "named", f"{identity} AS spelling", {})
    work.key("SELECT spelling FROM named", "code_keys", code_key)
    con.execute(
        "CREATE TABLE numbered AS SELECT (row_number() OVER (ORDER BY min(first_row)))::INTEGER AS cno,"
        " key AS code_key, min(first_row) AS first_row, count(*) AS spellings"
        " FROM named JOIN code_keys ON spelling = value GROUP BY key"
    )
    con.execute(
        "CREATE TABLE spellings AS SELECT value AS spelling, cno FROM code_keys JOIN numbered ON key = code_key"
    )
    single = {each.name for each in work.kind.fields}
    mapped = {
        key: column
        for key, column in columns.items()
        if (key in DETAILS or key.startswith(PREFIX)) and (column in work.mapping or column not in single)
    }
    group(
        con,
        "details",
        "cno",
        mapped,
        source=f"(SELECT t.*, s.cno FROM typed t JOIN spellings s ON s.spelling = {identity})",
    )
    missing = "".join(f", NULL::VARCHAR AS {key}" for key in DETAILS if key not in mapped)
    con.execute(
        f"CREATE TABLE customers AS SELECT n.*, s.spelling AS code, d.* EXCLUDE (cno, first_row){missing}"
        " FROM numbered n JOIN named s USING (first_row) JOIN details d USING (cno)"
    )
    con.execute("DROP TABLE named; DROP TABLE numbered; DROP TABLE details")
    variants = work.one("SELECT count(*) FROM customers WHERE spellings > 1")
    outcome = Outcome({"customers": work.one("SELECT count(*) FROM customers")})
    if variants:
        outcome.messages.append(_VARIANTS(variants))
    return outcome


def refuse_beyond(work: Workspace, landing: Landing, identity: str) -> None:
    """Refuse the rows whose customer, named by ``identity``, is there already and outside the actor's scope."""
    work.key(f"SELECT {identity} FROM typed", "code_keys", code_key)
    columns = "code_key varchar(64), lead varchar(64)"
    landing.copy(work.con, "SELECT DISTINCT key, key FROM code_keys", "landed_keys", columns)
    lead_on(landing, "landed_keys", "lead")
    landing.fetch(
        work,
        "SELECT l.code_key FROM landed_keys l JOIN customers_customer c ON c.code_key = l.lead"
        f" WHERE c.tenant_id = %(tenant)s AND NOT {within('c')}",
        "beyond",
        "code_key VARCHAR",
    )
    work.refuse(
        Message(_BEYOND),
        f"SELECT {ROW} FROM typed JOIN code_keys ON {identity} = value SEMI JOIN beyond ON key = code_key",
    )


# --- into the database ---------------------------------------------------------------------------


def match_customers(work: Workspace, landing: Landing) -> int:
    """Make the temporary table ``customer_ids`` (``cno``, ``id``) of those there already; how many are new."""
    columns = "cno int, code_key varchar(64)"
    landing.copy(work.con, "SELECT cno, code_key FROM customers", "landed_codes", columns)
    lead_on(landing, "landed_codes", "code_key")
    return landing.match(_MATCH)


def write_customers(work: Workspace, landing: Landing, *, update: bool) -> dict[str, int]:
    """Create the customers who are new, and with ``update`` overwrite what the file says of the others.

    Afterwards ``customer_ids`` holds them all.
    """
    new = match_customers(work, landing)
    landing.stay_within(
        f"SELECT count(*) FROM customer_ids JOIN customers_customer c USING (id) WHERE NOT {within('c')}"
    )
    counts = {"customers_created": 0, "customers_changed": 0}
    if not new and not update:
        return counts
    land_owners(work, landing)
    _land_details(work, landing, only_new=not update)
    land_own(work, landing, getattr(work.kind, "own", ()))
    counts["customers_created"] = _insert(landing) if new else 0
    if update:
        _update(landing)
        update_own(landing)
        counts["customers_changed"] = landing.one(
            "SELECT count(DISTINCT subject_id) FROM imports_importchange"
            " WHERE batch_id = %(import)s AND subject_kind IN ('customer', 'grade', 'own')"
        )
    pooled = [key for (key,) in landing.rows(_POOLED)]
    open_contacts(landing.actor.tenant_id, pooled)
    _write_contacts(work, landing)
    write_sensitive(work, landing)
    write_grades(work, landing, open_to_all=_is_open(landing, "grade"))
    write_trails(landing)
    reach = "true" if landing.actor.scope == "all" else within("c")
    counts |= write_relations(work, landing, reach)
    reindex_customers(landing, "SELECT id FROM customer_ids JOIN landed_customers USING (cno)")
    settle_contacts(landing.actor.tenant_id, pooled)
    counts |= place_by_rules(landing)
    return counts


def _land_details(work: Workspace, landing: Landing, *, only_new: bool) -> None:
    con = work.con
    con.execute("CREATE OR REPLACE TABLE wanted (cno INTEGER)")
    absent = " WHERE cno NOT IN (SELECT cno FROM customer_ids)" if only_new else ""
    for part in landing.parts(f"SELECT cno FROM landed_codes{absent}", 50_000):
        work.insert("wanted", [[cno for (cno,) in part]])
    named = "SELECT coalesce(name, code) FROM customers SEMI JOIN wanted USING (cno)"
    work.key(named, "name_keys", lambda text: name_key(text[:200]))
    landing.copy(
        con,
        f"SELECT cno, left(code, 64), code_key, left(coalesce(name, code), 200), key, name IS NOT NULL,"
        f" {kind_of('name')},"
        " kind IS NOT NULL, left(coalesce(short_name, ''), 100), left(coalesce(country, ''), 64),"
        " left(coalesce(city, ''), 100), left(coalesce(source, ''), 64)"
        " FROM customers SEMI JOIN wanted USING (cno) JOIN name_keys ON value = coalesce(name, code) ORDER"
        " BY cno",
        "landed_customers",
        "cno int, code text, code_key text, name text, name_key text, named boolean, kind text, kind_given"
        " boolean,"
        " short_name text, country text, city text, source text",
    )


def _insert(landing: Landing) -> int:
    created = landing.insert(
        _MATCH,
        "INSERT INTO customers_customer (id, tenant_id, kind, code, code_key, name, name_key, short_name,"
        " country, city, status, stage, source, owner_id, unit_id, import_id, version, created_at, updated_at,"
        " custom)"
        " SELECT {key}, %(tenant)s, kind, code, code_key, name, name_key, short_name, country, city, 'potential', '',"
        " source, coalesce(o.owner, %(owner)s), coalesce(o.unit, %(unit)s), %(import)s, 1, %(now)s, %(now)s,"
        f" {new_own('kind')} FROM landed_customers l LEFT JOIN landed_owners o USING (cno)"
        " LEFT JOIN landed_own w USING (cno) WHERE {absent} ORDER BY cno"
        " ON CONFLICT (tenant_id, code_key) DO NOTHING",
        owner=landing.owner_id,
        unit=landing.unit_id,
        **own_parameters(landing.actor),
    )
    write_timeline(
        landing,
        "SELECT created_at, id, 'created', NULL::uuid, '{}'::jsonb FROM customers_customer"
        " WHERE tenant_id = %(tenant)s AND import_id = %(import)s ORDER BY id",
    )
    return created


_WRITABLE = {
    "name": "named",
    "name_key": "named",
    "kind": "kind_given",
    "short_name": "l.short_name <> ''",
    "country": "l.country <> ''",
    "city": "l.city <> ''",
    "source": "l.source <> ''",
}


def _is_open(landing: Landing, name: str) -> bool:
    """Whether the role of who imports may change a field of customers who are there already."""
    return access.field_access(landing.actor, name) == FieldAccess.OPEN


def _update(landing: Landing) -> int:
    given = {
        column: f"{test} AND l.{column} <> t.{column}"
        for column, test in _WRITABLE.items()
        if _is_open(landing, column.removesuffix("_key"))
    }
    return landing.overwrite(
        kind="customer",
        table="customers_customer",
        landed="landed_customers",
        ids="customer_ids",
        key="cno",
        given=given,
    )


# an address in parts is what has more of them than the street and what stands beside a customer anyway
_IN_PARTS = "coalesce(province, district, township, postcode) IS NOT NULL"
_ADDRESS = f"CASE WHEN {_IN_PARTS} THEN concat_ws(' ', {', '.join(PLACE)}) ELSE address END"
_PARTS = ", ".join(f"'{'street' if part == 'address' else part}', {part}" for part in PLACE)


def _write_contacts(work: Workspace, landing: Landing) -> None:
    region = REGIONS.get(work.frame.currency)
    for kind in ContactKind.values:
        value, parts = kind, "NULL"
        if kind == ContactKind.ADDRESS:
            value, parts = _ADDRESS, f"CASE WHEN {_IN_PARTS} THEN json_object({_PARTS})::VARCHAR END"
        if not work.one(f"SELECT count({value}) FROM customers"):
            continue
        work.key(
            f"SELECT {value} FROM customers SEMI JOIN wanted USING (cno)",
            "contact_keys",
            loose_key(kind, region),
        )
        landing.copy(
            work.con,
            f"SELECT cno, left({value}, 400), key, {parts} FROM customers SEMI JOIN wanted USING (cno)"
            f" JOIN contact_keys ON value = {value} ORDER BY cno",
            "landed_contacts",
            "cno int, value text, value_key text, parts text",
        )
        landing.run(
            "INSERT INTO customers_contactpoint"
            " (id, tenant_id, customer_id, kind, label, value, value_key, parts, is_primary, created_at)"
            f" SELECT {key_sql(landing.keys(), 'cno')}, %(tenant)s, i.id, %(kind)s, '', l.value, l.value_key,"
            " coalesce(jsonb_strip_nulls(l.parts::jsonb), '{}'::jsonb),"
            " NOT EXISTS (SELECT FROM customers_contactpoint p WHERE p.customer_id = i.id AND p.kind ="
            " %(kind)s),"
            " %(now)s FROM landed_contacts l JOIN customer_ids i USING (cno)"
            " WHERE NOT EXISTS (SELECT FROM customers_contactpoint p WHERE p.customer_id = i.id"
            " AND p.kind = %(kind)s AND p.value_key = l.value_key)"
            " AND (%(open)s OR EXISTS (SELECT FROM customers_customer c WHERE c.id = i.id AND c.import_id = %(import)s))",
            kind=kind,
            open=_is_open(landing, kind),
        )
    landing.journal(
        "SELECT 'contact', p.id, '{}'::jsonb, jsonb_build_object('customer', p.customer_id)"
        " FROM customers_contactpoint p JOIN customer_ids i ON i.id = p.customer_id JOIN customers_customer c"
        " ON c.id = i.id WHERE p.created_at = %(now)s AND c.import_id IS DISTINCT FROM %(import)s"
    )


def write_timeline(landing: Landing, touches: str) -> None:
    """Write touches on behalf of the import; ``touches`` gives time, customer, kind, object and data."""
    landing.run(f"CREATE TEMP TABLE touches (at, customer, kind, object, data) ON COMMIT DROP AS {touches}")
    landing.run(
        "SELECT timeline_partitions(month, month) FROM"
        " (SELECT DISTINCT date_trunc('month', at, 'UTC') AS month FROM touches) AS months ORDER BY month"
    )
    landing.run(
        "INSERT INTO customers_timelineevent"
        " (occurred_at, id, tenant_id, customer_id, kind, actor_name, object_id, import_id, data)"
        f" SELECT at, {key_sql(landing.keys(), 'row_number() OVER ()')}, %(tenant)s, customer, kind,"
        f" %(actor)s,"
        " object, %(import)s, data FROM touches"
    )
    landing.run("DROP TABLE touches")


def forget_timeline(landing: Landing, objects: str) -> None:
    """Delete the import's touches about the objects that a query names."""
    landing.run(
        f"DELETE FROM customers_timelineevent WHERE import_id = %(import)s AND object_id IN ({objects})"
    )


def reindex_customers(landing: Landing, ids: str) -> None:
    """Write the search documents of the customers that a query names."""
    landing.create("landed_documents", "id uuid, name_key text, document text, tokens int[]")
    read = (
        "SELECT c.id, c.name_key, c.name, c.short_name, c.code, coalesce((SELECT array_agg(p.value_key ORDER BY"
        " p.created_at, p.id)"
        " FROM customers_contactpoint p WHERE p.customer_id = c.id AND p.kind <> 'address' AND p.sealed IS NULL), '{}')"
        # what one search finds then lies together
        f" FROM customers_customer c WHERE c.id IN ({ids}) ORDER BY c.name_key"
    )
    tenant = landing.actor.tenant_id
    for part in landing.parts(read, 20_000):
        texts = [
            (key, order, search_text(name=name, short_name=short, code=code, contacts=contacts))
            for key, order, name, short, code, contacts in part
        ]
        landing.fill(
            "landed_documents",
            ((key, order, text, search.tokens(tenant, text)) for key, order, text in texts),
        )
        landing.run(
            "INSERT INTO customers_customersearch (customer_id, tenant_id, text, tokens, name_key)"
            " SELECT id, %(tenant)s, document, tokens, name_key FROM landed_documents"
            " ON CONFLICT (customer_id) DO UPDATE SET text = excluded.text, tokens = excluded.tokens,"
            " name_key = excluded.name_key"
        )
        landing.run("TRUNCATE landed_documents")


# --- back out ------------------------------------------------------------------------------------


def undo_customers(landing: Landing) -> dict[str, int]:
    """Delete the customers that the import made and put back what it changed.

    Kept are those who were edited since, or to whom anything refers by now: notes, tags, relations, orders of other
    imports. A changed value is put back where it still is what the import wrote.
    """
    forget_relations(landing)
    landing.create("gone_customers", "id uuid PRIMARY KEY")
    made = "FROM customers_customer c WHERE c.tenant_id = %(tenant)s AND c.import_id = %(import)s"
    landing.run(f"SELECT {made} FOR UPDATE")  # waits for orders being written, so that they are seen
    gone = landing.run(
        f"INSERT INTO gone_customers SELECT c.id {made} AND c.version = 1"
        " AND NOT EXISTS (SELECT FROM customers_contactpoint p"
        f" WHERE p.customer_id = c.id AND p.created_at <> c.created_at)"
        " AND NOT EXISTS (SELECT FROM customers_sensitivevalue v"
        f" WHERE v.customer_id = c.id AND v.set_at <> c.created_at){unreferred(Customer, 'c', _OWN)}"
    )
    kept = landing.one(f"SELECT count(*) {made}") - gone
    for table in (
        "customersearch",
        "gradechange",
        "statuschange",
        "timelineevent",
        "assignment",
        "poolmove",
        "holding",
    ):
        landing.run(f"DELETE FROM customers_{table} WHERE customer_id IN (SELECT id FROM gone_customers)")
    landing.run("DELETE FROM customers_contactpoint WHERE customer_id IN (SELECT id FROM gone_customers)")
    forget_sensitive_values(landing)
    landing.run("DELETE FROM customers_customer WHERE id IN (SELECT id FROM gone_customers)")
    write_trails_back(landing)
    mine = "FROM imports_importchange WHERE batch_id = %(import)s AND subject_kind"
    landing.run(f"DELETE FROM customers_contactpoint WHERE id IN (SELECT subject_id {mine} = 'contact')")
    restore_own(landing)
    regrade(landing)
    forget_fields(landing)
    restored = landing.restore("customer", "customers_customer", dict.fromkeys(_WRITABLE, "text"))
    reindex_customers(
        landing,
        f"SELECT subject_id {mine} = 'customer' UNION SELECT (after ->> 'customer')::uuid {mine} = 'contact'",
    )
    return {"customers_deleted": gone, "customers_kept": kept, "customers_restored": restored}
