"""What a file of customers says of whose they are and of whom they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhiyin.customers.choices import StandardRelation
from zhiyin.customers.keys import code_key
from zhiyin.imports.landing import Landing, key_sql
from zhiyin.imports.messages import Message, ngettext_lazy
from zhiyin.imports.people import person
from zhiyin.platform.pinyin import name_key

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace

# the column of a file, and what its cell is to the row's customer
RELATIONS = {"company": StandardRelation.WORKS_AT, "parent": StandardRelation.PARENT}
DEEPEST = 50

_STRANGERS = ngettext_lazy(
    "{count} customer has an owner who is no member of the company, and gets yours or none.",
    "{count} customers have owners who are no members of the company, and get yours or none.",
)


def strangers(work: Workspace) -> list[Message]:
    """A sentence about owners whom nobody knows."""
    if "owner" not in work.mapping:
        return []
    known = f"SELECT 1 FROM people WHERE key = {person('c.owner')}"
    count = work.one(f"SELECT count(*) FROM customers c WHERE owner IS NOT NULL AND NOT EXISTS ({known})")
    return [_STRANGERS(count)] if count else []


def land_owners(work: Workspace, landing: Landing) -> None:
    """Make ``landed_owners``: of new customers the members that the file names, with their units."""
    if "owner" not in work.mapping:
        landing.create("landed_owners", "cno int, owner uuid, unit uuid")
        return
    landing.copy(
        work.con,
        f"SELECT c.cno, p.id FROM customers c JOIN people p ON p.key = {person('c.owner')} ORDER BY cno",
        "landed_members",
        "cno int, owner uuid",
    )
    landing.run("DROP TABLE IF EXISTS pg_temp.landed_owners")
    landing.run(
        "CREATE TEMP TABLE landed_owners ON COMMIT DROP AS"
        " SELECT l.cno, l.owner, m.unit_id AS unit FROM landed_members l JOIN accounts_member m ON m.id = l.owner"
    )


def write_relations(work: Workspace, landing: Landing, reach: str) -> dict[str, int]:
    """Relate the file's customers to the organisations that it names; those must be there, or be in the file.

    ``reach`` is the condition on an organisation ``c`` that the actor reaches it.

    An organisation is found by its code, else by a name that only one has. What would be a relation to oneself, a
    second parent or a circle is left out.
    """
    counts: dict[str, int] = {}
    for column, kind in RELATIONS.items():
        if column in work.mapping:
            counts |= _write(work, landing, column, kind, reach)
    return counts


def _write(
    work: Workspace, landing: Landing, column: str, kind: StandardRelation, reach: str
) -> dict[str, int]:
    _land(work, landing, column)
    landing.run("DROP TABLE IF EXISTS pg_temp.wanted_relations")
    named = landing.run(
        "CREATE TEMP TABLE wanted_relations ON COMMIT DROP AS"
        " SELECT l.cno, i.id AS source, coalesce(coded.id, called.id) AS target, l.title"
        " FROM landed_relations l JOIN customer_ids i USING (cno)"
        " LEFT JOIN LATERAL (SELECT c.id FROM customers_customer c WHERE c.code_key = l.code_key"
        f" AND c.kind = 'organisation' AND {reach}) AS coded ON true"
        " LEFT JOIN LATERAL (SELECT min(c.id::text)::uuid AS id FROM customers_customer c"
        f" WHERE c.name_key = l.name_key AND c.name = l.name AND c.kind = 'organisation' AND {reach}"
        " HAVING count(*) = 1) AS called ON coded.id IS NULL"
    )
    found = landing.run("DELETE FROM wanted_relations WHERE target IS NULL OR target = source")
    only = " AND r.target_id = w.target" if kind == StandardRelation.WORKS_AT else ""
    written = landing.run(
        "INSERT INTO customers_relation (id, tenant_id, source_id, type_id, target_id, role, title, created_at)"
        f" SELECT {key_sql(landing.keys(), 'w.cno')}, %(tenant)s, w.source, t.id, w.target, '', w.title, %(now)s"
        " FROM wanted_relations w CROSS JOIN customers_relationtype t WHERE t.code = %(code)s"
        " AND NOT EXISTS (SELECT FROM customers_relation r WHERE r.source_id = w.source AND r.type_id = t.id"
        f" AND r.until IS NULL{only}) ORDER BY w.cno",
        code=kind,
    )
    if kind == StandardRelation.PARENT:
        written -= _open_circles(landing)
    landing.journal(
        "SELECT 'relation', r.id, '{}'::jsonb, '{}'::jsonb FROM customers_relation r JOIN wanted_relations w"
        " ON w.source = r.source_id AND w.target = r.target_id WHERE r.created_at = %(now)s"
    )
    return {f"{column}_created": written, f"{column}_unknown": found if named else 0}


def _land(work: Workspace, landing: Landing, column: str) -> None:
    work.key(f"SELECT {column} FROM customers SEMI JOIN wanted USING (cno)", "code_keys_named", code_key)
    work.key(
        f"SELECT {column} FROM customers SEMI JOIN wanted USING (cno)",
        "name_keys_named",
        lambda text: name_key(text[:200]),
    )
    landing.copy(
        work.con,
        f"SELECT cno, c.key, n.key, left({column}, 200), left(coalesce(job_title, ''), 100)"
        f" FROM customers SEMI JOIN wanted USING (cno) JOIN code_keys_named c ON c.value = {column}"
        f" JOIN name_keys_named n ON n.value = {column} ORDER BY cno",
        "landed_relations",
        "cno int, code_key text, name_key text, name text, title text",
    )


def _open_circles(landing: Landing) -> int:
    """Delete the relations of this moment that lie on a circle; how many."""
    return landing.run(
        "WITH RECURSIVE up (start, id, depth) AS ("
        " SELECT r.id, r.target_id, 1 FROM customers_relation r JOIN customers_relationtype t ON t.id = r.type_id"
        " WHERE t.code = 'parent' AND r.created_at = %(now)s"
        " UNION SELECT up.start, r.target_id, up.depth + 1 FROM up JOIN customers_relation r ON r.source_id = up.id"
        f" JOIN customers_relationtype t ON t.id = r.type_id AND t.code = 'parent' WHERE up.depth < {DEEPEST})"
        " DELETE FROM customers_relation d USING up WHERE up.start = d.id AND up.id = d.source_id"
    )


def forget_relations(landing: Landing) -> None:
    """Delete the relations that the import made."""
    landing.run(
        "DELETE FROM customers_relation WHERE id IN (SELECT subject_id FROM imports_importchange"
        " WHERE batch_id = %(import)s AND subject_kind = 'relation')"
    )
