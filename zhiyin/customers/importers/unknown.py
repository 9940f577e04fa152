"""Columns that nothing is known of, as new fields of the company's own: made when the file is imported."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zhiyin.customers import actions
from zhiyin.customers.actions import FieldRules
from zhiyin.customers.choices import FieldType
from zhiyin.customers.fields import PREFIX, Field
from zhiyin.customers.models import CustomField
from zhiyin.imports.landing import Landing
from zhiyin.imports.recognise import looks_like_day
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, PermissionDenied

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace

TYPES = (
    FieldType.TEXT, FieldType.LONG_TEXT, FieldType.NUMBER, FieldType.MONEY, FieldType.DATE, FieldType.CHOICE,
    FieldType.YES_NO,
)  # fmt: skip
# a code with leading zeros is no number
_NUMBER = re.compile(r"[-+]?(0|[1-9][\d,]{0,14})(\.\d{1,4})?")
_YES_NO = frozenset({"是", "否", "yes", "no", "true", "false"})
MOST_CHOICES, ROWS_A_CHOICE = 20, 5


def guess_type(values: Sequence[str], rows: int) -> str:
    """What a column holds, by its different values and the number of rows that they were found in."""
    if values and all(value.lower() in _YES_NO for value in values):
        return FieldType.YES_NO
    if values and all(_NUMBER.fullmatch(value) for value in values):
        return FieldType.NUMBER
    if values and all(map(looks_like_day, values)):
        return FieldType.DATE
    if any(len(value) > 200 for value in values):
        return FieldType.LONG_TEXT
    few = len(values) <= MOST_CHOICES and len(values) * ROWS_A_CHOICE <= rows
    return (
        FieldType.CHOICE if values and few and all(len(value) <= 50 for value in values) else FieldType.TEXT
    )


def plan(actor: Actor, wanted: Mapping[str, str]) -> list[dict[str, str]]:
    """New fields for columns, by their types; as JSON. Raises ``Invalid`` and ``PermissionDenied``."""
    if not wanted:
        return []
    if not actor.may("settings.manage"):
        raise PermissionDenied
    used = set(CustomField.objects.values_list("key", flat=True))
    planned = []
    for column, kind in wanted.items():
        if kind not in TYPES:
            raise Invalid(field=column)
        label = " ".join(column.split())[:60]
        key = actions.free_key(label, used)
        used.add(key)
        planned.append({"name": PREFIX + key, "column": column, "label": label, "type": str(kind)})
    return planned


def planned_fields(planned: Sequence[Mapping[str, str]]) -> list[Field]:
    """Those as fields that there are not yet."""
    none = dict.fromkeys(("section_kept", "kind", "least", "most", "pattern", "default", "hint"), "")
    return [
        Field.of(
            CustomField(
                key=each["name"].removeprefix(PREFIX), label_kept=each["label"], type=each["type"], **none
            )
        )
        for each in planned
    ]


def take_options(work: Workspace, fields: Sequence[Field]) -> None:
    """The choices of new fields are what their columns hold, the most frequent first."""
    for each in fields:
        if each.own and each.type == FieldType.CHOICE and not each.own.options and each.name in work.mapping:
            found = work.con.execute(
                f"SELECT {each.name} FROM typed WHERE {each.name} IS NOT NULL GROUP BY 1"
                f" ORDER BY count(*) DESC, 1 LIMIT {actions.MOST_OPTIONS}"
            ).fetchall()
            each.own.options = list(dict.fromkeys(" ".join(value.split())[:100] for (value,) in found))


def make_fields(landing: Landing, fields: Sequence[Field]) -> None:
    """Make the new fields, as they were planned; the journal knows them."""
    for each in fields:
        if each.own is None:
            continue
        rules = FieldRules(each.own.label, options=tuple(each.own.options))
        made = actions.create_field(
            actor=landing.actor, type=each.type, rules=rules, key=each.own.key, now=landing.now
        )
        landing.journal(f"SELECT 'field', '{made.pk}'::uuid, '{{}}'::jsonb, '{{}}'::jsonb")


def forget_fields(landing: Landing) -> None:
    """Remove the fields that the import made and that no customer has a value of."""
    if not landing.actor.may("settings.manage"):
        return
    rows: list[tuple[Any, ...]] = landing.rows(
        "SELECT subject_id FROM imports_importchange WHERE batch_id = %(import)s AND subject_kind = 'field'"
    )
    for (field_id,) in rows:
        actions.remove_empty_field(field_id=field_id, actor=landing.actor, now=landing.now)
