"""The columns of the list of customers."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from zhiyin.analytics.choices import ValueGroup
from zhiyin.customers import access
from zhiyin.customers.choices import CustomerKind, FieldType, Stage, Status
from zhiyin.customers.fields import Field, registry, shown
from zhiyin.customers.fields.conditions import is_number, is_sortable
from zhiyin.platform.actors import Actor
from zhiyin.web.tables import Cell, Column, Row, text
from zhiyin.web.templatetags.zhiyin import day_in, money_in, number, percent

# characters of a value in a list
LONGEST = 100
STATUS_CLASS = {
    Status.LOYAL: "is-good", Status.WON_BACK: "is-good", Status.REPEAT: "is-info",
    Status.FIRST_TIME: "is-accent", Status.LOST: "is-bad",
}  # fmt: skip
STAGE_CLASS = {Stage.MATURITY: "is-good", Stage.FORMATION: "is-info", Stage.DECLINE: "is-warn"}
TAG_CLASS = {
    "blue": "is-info", "green": "is-good", "orange": "is-warn", "red": "is-bad", "purple": "is-accent",
}  # fmt: skip


def badge(value: str, choices: Any, classes: dict[Any, str]) -> str:
    """A choice as a coloured word; an unknown one as it is."""
    if not value:
        return ""
    label = choices(value).label if value in choices.values else value
    return f'<span class="badge {classes.get(value, "")}">{escape(label)}</span>'


def tag_badge(tag: Row) -> str:
    return f'<span class="badge {TAG_CLASS.get(tag["colour"], "")}">{escape(tag["name"])}</span>'


@dataclass(frozen=True, slots=True)
class _Words:
    """How each choice is written, as HTML."""

    statuses: dict[str, str]
    stages: dict[str, str]
    groups: dict[str, str]
    kinds: dict[str, str]


@functools.lru_cache(maxsize=16)
def _words(_language: str | None) -> _Words:
    return _Words(
        statuses={value: badge(value, Status, STATUS_CLASS) for value in Status.values},
        stages={value: badge(value, Stage, STAGE_CLASS) for value in ["", *Stage.values]},
        groups={value: escape(ValueGroup(value).label) for value in ValueGroup.values},
        kinds={value: escape(CustomerKind(value).label) for value in CustomerKind.values},
    )


def columns(
    actor: Actor, currency: str, tags: dict[Any, list[Row]], protected: Mapping[Any, Any] | None = None
) -> list[Column]:
    """All columns that this actor may see; money in the tenant's currency."""
    hidden = access.hidden(actor)
    made = _columns(currency, get_language(), timezone.get_current_timezone())
    cells = {"tags": _tags(tags), "protected": _protected(protected or {})}
    return [
        replace(each, cell=cells[each.key]) if each.key in cells else each
        for each in made
        if each.key not in hidden
    ] + [_own(each) for each in registry(actor) if each.own]


def _own(field: Field) -> Column:
    """A field of the company's own; money without its currency."""

    def cell(row: Row) -> str:
        value = row["custom"].get(field.own.key) if field.own else None
        if value is None or field.own is None:
            return ""
        return escape(_short(value if field.masked else shown(field.own, value)))

    is_amount = is_number(field)
    return Column(
        field.name,
        str(field.label),
        cell,
        field.name if is_sortable(field) else "",
        numeric=is_amount,
        shown=False,
        down_first=is_amount or field.type == FieldType.DATE,
    )


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _protected(until: Mapping[Any, Any]) -> Cell:
    day = day_in(timezone.get_current_timezone(), get_language())
    return lambda row: day(until.get(row["id"]))


def _tags(tags: dict[Any, list[Row]]) -> Cell:
    return lambda row: " ".join(map(tag_badge, tags.get(row["id"], ())))


def _grade(row: Row) -> str:
    return grade_badge(row["grade__name"], row["grade__colour"]) if row["grade__name"] else ""


def grade_badge(name: str, colour: str) -> str:
    return f'<span class="badge {TAG_CLASS.get(colour, "")}">{escape(name)}</span>'


@functools.lru_cache(maxsize=64)
def _columns(currency: str, language: str | None, zone: tzinfo) -> list[Column]:
    words, day = _words(language), day_in(zone, language)
    statuses, stages, groups, kinds = words.statuses, words.stages, words.groups, words.kinds

    money = money_in(currency)

    def amount(key: str) -> Cell:
        return lambda row: money(row[key])

    made = [
        Column("name", _("Customer"), text("name"), "name", fixed=True),
        Column("code", _("Code"), text("code")),
        Column("kind", _("Kind"), lambda row: kinds.get(row["kind"], ""), shown=False),
        Column("status", _("Status"), lambda row: statuses.get(row["status"], "")),
        Column("stage", _("Lifecycle stage"), lambda row: stages.get(row["stage"], ""), shown=False),
        Column("grade", _("Grade"), _grade, shown=False),
        Column("owner", _("Owner"), text("owner__name")),
        Column("protected", _("Protected until"), _protected({}), shown=False),
        Column("unit", _("Unit"), text("unit__name"), shown=False),
        Column("tags", _("Tags"), _tags({}), shown=False),
        Column("city", _("City"), text("city"), shown=False),
        Column("country", _("Country"), text("country"), shown=False),
        Column("source", _("Source"), text("source"), shown=False),
        Column("orders", _("Orders"), lambda row: number(row["value__orders"]), numeric=True),
        Column("spend", _("Spend"), amount("value__spend_key"), "spend", numeric=True, down_first=True),
        Column(
            "last", _("Last purchase"), lambda row: day(row["value__last_at"]), "last", down_first=True
        ),
        Column(
            "alive", _("Alive"), lambda row: percent(row["value__alive"], 0), "alive", numeric=True,
            down_first=True,
        ),
        Column("value", _("Value"), _value(currency), "value", numeric=True, down_first=True),
        Column("group", _("RFM group"), lambda row: groups.get(row["value__group"], ""), shown=False),
        Column(
            "created", _("Created"), lambda row: day(row["created_at"]), "created", shown=False,
            down_first=True,
        ),
    ]  # fmt: skip
    return [replace(each, label=str(each.label)) for each in made]


def _value(currency: str) -> Cell:
    """The value with its interval on hover."""
    money = money_in(currency)

    def cell(row: Row) -> str:
        low, high = row["value__value_low"], row["value__value_high"]
        shown = money(row["value__value"])
        if low is None or high is None:
            return shown
        return f'<span title="{money(low)} – {money(high)}">{shown}</span>'

    return cell
