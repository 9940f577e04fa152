"""A company's own fields in files of customers: recognised by their names, checked as on a page."""

from __future__ import annotations

import json
import re
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from zhiyin.customers.choices import CustomerKind, FieldAccess, FieldType
from zhiyin.customers.fields import PREFIX, Field, read, registry
from zhiyin.customers.fields.formulas import is_demanded, names
from zhiyin.customers.fields.values import Value
from zhiyin.customers.importers.matching import rows_by_code
from zhiyin.customers.models import CustomField
from zhiyin.imports import kinds
from zhiyin.imports.landing import Landing
from zhiyin.imports.messages import Message, gettext_noop
from zhiyin.imports.reading import ROW
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace

_TYPES = {
    FieldType.NUMBER: kinds.FieldType.AMOUNT,
    FieldType.MONEY: kinds.FieldType.AMOUNT,
    FieldType.DATE: kinds.FieldType.DATE,
}
# between several choices in one cell
_SEVERAL = re.compile(r"[;；,，、|\n]")
_WRONG = gettext_noop("{field}: {why}")
_REQUIRED = gettext_noop("{field}: must be filled in for a new customer.")
_DEMANDED = gettext_noop("{field}: must be filled in for a new customer like this.")
_LACKING = gettext_noop(
    "{field} must be filled in, and no column of the file does: new customers come without it."
)


def targets(fields: Sequence[Field]) -> tuple[kinds.Field, ...]:
    """Own fields as what columns of a file can be."""
    return tuple(
        kinds.Field(
            each.name,
            each.own.label,
            _TYPES.get(each.type, kinds.FieldType.TEXT),
            tuple(dict.fromkeys((each.own.label, each.own.label_kept, each.own.key))),
            length=5000,
            by_name=True,
        )
        for each in fields
        if each.own
    )


def fillable(actor: Actor) -> list[Field]:
    """Those that may be filled in at least with new customers."""
    may = (FieldAccess.OPEN, FieldAccess.READ_ONLY)
    return [each for each in registry(actor) if each.own and each.access in may and not each.worked_out]


def settle_own(work: Workspace, fields: Sequence[Field]) -> None:
    """Make ``own_values`` (``field``, ``value`` as text, ``kept`` as JSON) in DuckDB; wrong rows are refused."""
    work.con.execute("CREATE OR REPLACE TABLE own_values (field VARCHAR, value VARCHAR, kept VARCHAR)")
    work.con.execute("CREATE OR REPLACE TABLE own_wrong (field VARCHAR, value VARCHAR, reason VARCHAR)")
    for each in fields:
        if each.own and each.name in work.mapping:
            _settle(work, each.own)


def require_own(work: Workspace, landing: Landing, fields: Sequence[Field], who: str) -> None:
    """Refuse rows of new customers that leave a required field empty; warn of one that no column fills.

    A field of persons or organisations alone is left to who completes the file: a row may not say which it is.
    """
    own = [each.own for each in fields if each.own]
    asked = [each for each in own if each.required and not each.kind and not each.default]
    if not asked:
        return
    known = rows_by_code(work, landing, who)
    for each in asked:
        name = PREFIX + each.key
        if name in work.mapping:
            work.refuse(
                Message(_REQUIRED, {"field": each.label}),
                f"SELECT {ROW} FROM typed WHERE {name} IS NULL AND {ROW} NOT IN ({known})",
            )
        else:
            work.warnings.append(Message(_LACKING, {"field": each.label}))


def require_as_things_are(
    work: Workspace, landing: Landing, fields: Sequence[Field], who: str, core: Mapping[str, str]
) -> None:
    """Refuse rows of new customers that leave a field empty which is required of one with their other values.

    ``core`` are the expressions of what formulas call by other names than the columns of a file.
    """
    own = [each.own for each in fields if each.own]
    asked = [each for each in own if each.required_when and not each.default]
    if asked:
        new = f"{ROW} NOT IN ({rows_by_code(work, landing, who)})"
        for each in asked:
            _require(work, each, own, new, core)


def _require(
    work: Workspace,
    field: CustomField,
    own: Sequence[CustomField],
    new: str,
    core: Mapping[str, str],
) -> None:
    today = work.frame.now.astimezone(zoneinfo.ZoneInfo(work.frame.time_zone)).date()
    read_of = names(field.required_when) | {"kind"}
    mine = [each for each in own if each.key in read_of]
    core = {name: sql for name, sql in core.items() if name in read_of}
    columns = ", ".join([*core.values(), *(_as_text(PREFIX + each.key, each) for each in mine)])
    empty = f"{PREFIX}{field.key} IS NULL AND {new}"
    reader = work.con.cursor().execute(f"SELECT DISTINCT hash({columns}), {columns} FROM typed WHERE {empty}")
    work.con.execute("CREATE OR REPLACE TABLE own_lacking (sign UBIGINT)")
    while rows := reader.fetchmany(20_000):
        lacking = []
        for sign, *cells in rows:
            said = dict(zip(core, cells, strict=False))
            values = {
                each.key: _value(each, text) for each, text in zip(mine, cells[len(core) :], strict=True)
            }
            if field.kind in ("", said["kind"]) and is_demanded(field, own, said, values, today):
                lacking.append(sign)
        if lacking:
            work.insert("own_lacking", [lacking])
    work.refuse(
        Message(_DEMANDED, {"field": field.label}),
        f"SELECT {ROW} FROM typed SEMI JOIN own_lacking ON sign = hash({columns}) WHERE {empty}",
    )


def _value(field: CustomField, text: str | None) -> Value:
    """What a new customer will have of a field of which the file says ``text``."""
    if text is None:
        return read(field, field.default) if field.default else None
    kept, _why = _kept(field, text)
    value: Value = json.loads(kept) if kept else None
    return value


def _settle(work: Workspace, field: CustomField) -> None:
    name = PREFIX + field.key
    text = _as_text(name, field)
    wrong: dict[str, None] = {}
    reader = work.con.cursor().execute(f"SELECT DISTINCT {text} FROM typed WHERE {name} IS NOT NULL")
    while rows := reader.fetchmany(20_000):
        found = [(value, *_kept(field, value)) for (value,) in rows]
        wrong |= dict.fromkeys(reason for _value, _json, reason in found if reason)
        for table, place in (("own_values", 1), ("own_wrong", 2)):
            some = [row for row in found if row[place]]
            if some:
                work.insert(
                    table, [[name] * len(some), [row[0] for row in some], [row[place] for row in some]]
                )
    for reason in wrong:
        work.refuse(
            Message(_WRONG, {"field": field.label, "why": reason}),
            f"SELECT {ROW} FROM typed JOIN own_wrong w ON w.field = '{name}' AND w.value = {text}"
            f" WHERE w.reason = {_literal(reason)}",
        )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _as_text(name: str, field: CustomField) -> str:
    if field.type == FieldType.DATE:
        return f"strftime({name}, '%Y-%m-%d')"
    return f"{name}::VARCHAR"


def _kept(field: CustomField, text: str) -> tuple[str, str]:
    """A value as JSON, or why it is none."""
    given: Any = _SEVERAL.split(text) if field.type == FieldType.CHOICES else text
    try:
        return json.dumps(read(field, given), ensure_ascii=False), ""
    except Invalid as error:
        return "", str(error.message)


def land_own(work: Workspace, landing: Landing, fields: Sequence[Field]) -> None:
    """Make the temporary table ``landed_own`` (``cno``, ``custom``) of the customers with values of own fields."""
    own = [each.own for each in fields if each.own and each.name in work.mapping]
    if not own:
        landing.create("landed_own", "cno int, custom jsonb")
        return
    joins, parts = [], []
    for number, field in enumerate(own):
        name = PREFIX + field.key
        joins.append(
            f"LEFT JOIN own_values v{number} ON v{number}.field = '{name}'"
            f" AND v{number}.value = {_as_text(f'c.{name}', field)}"
        )
        parts.append(f"""'"{field.key}": ' || v{number}.kept""")
    filled = " OR ".join(f"v{number}.kept IS NOT NULL" for number in range(len(own)))
    landing.copy(
        work.con,
        f"SELECT c.cno, '{{' || concat_ws(', ', {', '.join(parts)}) || '}}' FROM customers c"
        f" SEMI JOIN wanted USING (cno) {' '.join(joins)} WHERE {filled} ORDER BY c.cno",
        "landed_own",
        "cno int, custom jsonb",
    )


def own_parameters(actor: Actor) -> dict[str, Any]:
    """What SQL needs to know: defaults of new customers, and keys that a kind has not or that are read only."""
    fields = fillable(actor)
    other = {CustomerKind.PERSON: CustomerKind.ORGANISATION, CustomerKind.ORGANISATION: CustomerKind.PERSON}
    return {
        **{f"defaults_{kind}": Jsonb(_defaults(fields, kind)) for kind in other},
        **{
            f"not_{kind}": [f.own.key for f in fields if f.own and f.own.kind == no]
            for kind, no in other.items()
        },
        "fixed": [each.own.key for each in fields if each.own and not each.editable],
    }


def _defaults(fields: list[Field], kind: str) -> Mapping[str, Any]:
    own = [each.own for each in fields if each.own and each.own.kind in ("", kind) and each.own.default]
    return {each.key: read(each, each.default) for each in own}


def new_own(kind: str) -> str:
    """The column ``custom`` of a new customer of ``kind``, an expression, whose own fields are in ``w.custom``."""
    return (
        f"CASE {kind} WHEN 'person' THEN %(defaults_person)s || (coalesce(w.custom, '{{{{}}}}') - %(not_person)s::text[])"
        f" ELSE %(defaults_organisation)s || (coalesce(w.custom, '{{{{}}}}') - %(not_organisation)s::text[]) END"
    )


def update_own(landing: Landing) -> None:
    """Write own fields of customers who were there before; what stood there goes into the journal."""
    given = (
        "w.custom - %(fixed)s::text[] - CASE c.kind WHEN 'person' THEN %(not_person)s::text[]"
        " ELSE %(not_organisation)s::text[] END"
    )
    landing.create("own_changes", "id uuid, before jsonb, after jsonb")
    landing.run(
        "INSERT INTO own_changes SELECT c.id, coalesce(jsonb_object_agg(a.key, c.custom -> a.key)"
        " FILTER (WHERE c.custom ? a.key), '{}'), jsonb_object_agg(a.key, a.value)"
        " FROM landed_own w JOIN customer_ids i USING (cno) JOIN customers_customer c ON c.id = i.id,"
        f" jsonb_each({given}) AS a WHERE c.import_id IS DISTINCT FROM %(import)s"
        " AND c.custom -> a.key IS DISTINCT FROM a.value GROUP BY c.id",
        **own_parameters(landing.actor),
    )
    landing.journal("SELECT 'own', id, before, after FROM own_changes ORDER BY id")
    landing.run(
        "UPDATE customers_customer c SET custom = c.custom || o.after, version = c.version + 1, updated_at = %(now)s"
        " FROM own_changes o WHERE o.id = c.id"
    )


def restore_own(landing: Landing) -> None:
    """Put back each own field that still has what the import wrote."""
    landing.run(
        "UPDATE customers_customer c SET custom = (c.custom - back.keys) || back.old, version = c.version + 1,"
        " updated_at = %(now)s FROM (SELECT j.subject_id, array_agg(a.key) AS keys,"
        " coalesce(jsonb_object_agg(a.key, j.before -> a.key) FILTER (WHERE j.before ? a.key), '{}') AS old"
        " FROM imports_importchange j JOIN customers_customer t ON t.id = j.subject_id, jsonb_each(j.after) AS a"
        " WHERE j.batch_id = %(import)s AND j.subject_kind = 'own' AND t.custom -> a.key = a.value"
        " GROUP BY j.subject_id) back WHERE back.subject_id = c.id"
    )
