"""The form in which somebody makes a filter: its rows, and the filter that they say.

All of it travels with each request, under names that tell a row's place: ``r`` is the outermost group, ``r-0`` its
first row. So a step of the form is one answer of the server, with or without script.
"""

import dataclasses
import datetime
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhiyin.customers import queries
from zhiyin.customers.filters import (
    Condition,
    FilterType,
    Group,
    Node,
    RelationTo,
    Span,
    Term,
    Terms,
    compiled,
)
from zhiyin.customers.filters.tree import MOST_DEEP
from zhiyin.customers.filters.words import OPERATOR_LABELS
from zhiyin.platform.errors import DomainError, Invalid

Label = str | Promise
ROOT = "r"
MATCHES: dict[str, Label] = {
    "all": gettext_lazy("all of these"),
    "any": gettext_lazy("any of these"),
    "none": gettext_lazy("none of these"),
}
UNITS: dict[str, Label] = {
    "day": gettext_lazy("days"),
    "week": gettext_lazy("weeks"),
    "month": gettext_lazy("months"),
    "quarter": gettext_lazy("quarters"),
    "year": gettext_lazy("years"),
}
PERIODS: dict[str, Label] = {
    "day": gettext_lazy("day"),
    "week": gettext_lazy("week"),
    "month": gettext_lazy("month"),
    "quarter": gettext_lazy("quarter"),
    "year": gettext_lazy("year"),
}
# what is offered at once, so that the likeliest filters are one press away
LIKELY = ("status", "owner", "tag", "last", "value", "created", "country", "kind")
# text of which the values in use are offered
_USED: dict[str, Literal["country", "source"]] = {"country": "country", "source": "source"}
_NAME = re.compile(r"(r(?:-\d{1,3})*)\.(match|field|op|value|unit|customer)")


@dataclass(slots=True)
class Row:
    """One row of the form: a condition with what was written, right or wrong, or a group of rows."""

    path: str = ""
    match: str = ""
    rows: list["Row"] = dataclasses.field(default_factory=list)
    field: str = ""
    op: str = ""
    values: list[str] = dataclasses.field(default_factory=list)
    unit: str = ""
    customer: str = ""
    problem: str = ""
    fresh: bool = False

    @property
    def is_group(self) -> bool:
        return bool(self.match)

    @property
    def depth(self) -> int:
        return self.path.count("-")

    @property
    def may_hold_groups(self) -> bool:
        return self.depth < MOST_DEEP - 1


def of_form(form: QueryDict) -> Row:
    """The rows as they were sent."""
    found: dict[str, Row] = {ROOT: Row(ROOT, match="all")}
    for name in form:
        if not (known := _NAME.fullmatch(name)):
            continue
        row = found.setdefault(known[1], Row(known[1]))
        if known[2] == "value":
            row.values = form.getlist(name)
        else:
            setattr(row, known[2], form.get(name, ""))
    for path in sorted(found, key=_place):
        parent = found.get(path.rpartition("-")[0])
        if parent is not None and parent.is_group and len(path) < 40:
            parent.rows.append(found[path])
    return found[ROOT]


def _place(path: str) -> tuple[int, ...]:
    return tuple(int(each) for each in path.split("-")[1:])


def of_filter(tree: Group, known: Terms, codes: Mapping[uuid.UUID, str]) -> Row:
    """The rows that say a filter; ``codes`` are those of the customers that its relations name."""

    def row(node: Node) -> Row:
        if isinstance(node, Group):
            return Row(match=node.match, rows=[row(each) for each in node.of])
        made = Row(field=node.field, op=node.op)
        match node.value:
            case Span(number=number, unit=unit):
                made.values, made.unit = [str(number)], unit
            case RelationTo(type=kind, way=way, customer=customer):
                made.values = [f"{kind or ''}:{way}"]
                made.customer = codes.get(customer, "") if customer else ""
            case list() as several:
                made.values = [_written(each) for each in several]
            case None:
                pass
            case one:
                made.values = [_written(one)]
        term = known.known.get(node.field)
        if term and term.type == FilterType.PERCENT:
            made.values = [_written(round(100 * float(each), 4)) for each in made.values]
        return made

    root = row(tree)
    number(root)
    return root


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def number(root: Row, path: str = ROOT) -> None:
    """Give each row its place anew."""
    root.path = path
    for place, each in enumerate(root.rows):
        number(each, f"{path}-{place}")


def changed(root: Row, what: str) -> None:
    """Do what a button says: ``add:PATH``, ``add:PATH:FIELD``, ``group:PATH`` or ``remove:PATH``."""
    verb, _colon, rest = what.partition(":")
    path, _colon, name = rest.partition(":")
    row = next((each for each in _all(root) if each.path == path), None)
    if row is None:
        return
    if verb == "add" and row.is_group:
        row.rows.append(Row(field=name, fresh=True))
    elif verb == "group" and row.is_group and row.may_hold_groups:
        row.rows.append(Row(match="any", rows=[Row(fresh=True), Row()]))
    elif verb == "remove" and row is not root:
        parent = next(each for each in _all(root) if row in each.rows)
        parent.rows = [each for each in parent.rows if each is not row]
    number(root)


def _all(row: Row) -> Iterator[Row]:
    yield row
    for each in row.rows:
        yield from _all(each)


def codes(root: Row) -> set[str]:
    """Those of the customers that rows about relations name."""
    return {each.customer for each in _all(root) if each.customer}


def filter_of(row: Row, known: Terms, keys: Mapping[str, uuid.UUID], today: datetime.date) -> Group:
    """The filter that the rows say; empty rows and groups say nothing, and what is wrong stands in its row."""
    nodes: list[Node] = []
    for each in row.rows:
        if each.is_group:
            inner = filter_of(each, known, keys, today)
            if inner.of:
                nodes.append(inner)
        elif each.field:
            try:
                nodes.append(_condition(each, known, keys, today))
            except DomainError as error:
                each.problem = str(error.message)
    return Group(match=row.match if row.match in MATCHES else "all", of=nodes)


def has_problems(root: Row) -> bool:
    return any(each.problem for each in _all(root))


def _condition(row: Row, known: Terms, keys: Mapping[str, uuid.UUID], today: datetime.date) -> Condition:
    term = known[row.field]
    op = row.op if row.op in term.operators else term.operators[0]
    try:
        made = Condition(field=term.name, op=op, value=_value(row, term, op, keys))
    except ValueError as error:
        raise Invalid(_("This value is not valid.")) from error
    compiled(Group(of=[made]), known, today)
    return made


def _value(row: Row, term: Term, op: str, keys: Mapping[str, uuid.UUID]) -> Any:
    values = [each.strip() for each in row.values if each.strip()]
    if op in ("empty", "filled"):
        return None
    if op in ("last", "older", "next"):
        if not values or not values[0].isdecimal() or not 1 <= int(values[0]) <= 1000:
            raise Invalid(_("Write a whole number from 1 to 1,000."))
        return Span(number=int(values[0]), unit=row.unit if row.unit in UNITS else "day")
    if term.type == FilterType.RELATION:
        return _relation(row, keys)
    if not values:
        raise Invalid(_("A value is missing here."))
    if term.type in (FilterType.NUMBER, FilterType.MONEY, FilterType.PERCENT):
        numbers = [_number(each, percent=term.type == FilterType.PERCENT) for each in values]
        return numbers if op == "between" else numbers[0]
    if term.type == FilterType.YES_NO:
        return values[0] == "true"
    return values if op in ("in", "not_in", "all", "between") else values[0]


def _number(text: str, *, percent: bool) -> float:
    try:
        value = float(text.replace(",", ""))
    except ValueError as error:
        raise Invalid(_("This is no number.")) from error
    return value / 100 if percent else value


def _relation(row: Row, keys: Mapping[str, uuid.UUID]) -> RelationTo:
    kind, _colon, way = (row.values or [":out"])[0].partition(":")
    customer = keys.get(row.customer) if row.customer else None
    if row.customer and customer is None:
        raise Invalid(_("There is no customer with this code."))
    return RelationTo(
        type=uuid.UUID(kind) if kind else None, way="in" if way == "in" else "out", customer=customer
    )


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Label
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row as the template shows it: what can be chosen in it, and in which form a value is written."""

    row: Row
    lines: Sequence["Line"] = ()
    matches: Sequence[Choice] = ()
    sections: Sequence[tuple[Label, Sequence[Choice]]] = ()
    operators: Sequence[Choice] = ()
    shape: str = ""
    options: Sequence[Choice] = ()
    suffix: str = ""


def lines(row: Row, known: Terms) -> Line:
    """What the template needs of a group and all in it. An SQL statement for each kind of record to choose from."""
    sections: dict[str, list[Term]] = {}
    for term in known.known.values():
        sections.setdefault(str(term.section), []).append(term)
    kept: dict[str, list[Choice]] = {}

    def options(term: Term) -> list[Choice]:
        if term.name not in kept:
            kept[term.name] = [Choice(value, label) for value, label in _options(term, known)]
        return kept[term.name]

    def line(each: Row) -> Line:
        if each.is_group:
            matches = _chosen((Choice(*pair) for pair in MATCHES.items()), [each.match])
            return Line(each, [line(one) for one in each.rows], matches=matches)
        heads = [
            (title, [Choice(term.name, term.label, term.name == each.field) for term in terms])
            for title, terms in sections.items()
        ]
        term = known.known.get(each.field)
        if term is None:
            return Line(each, sections=heads)
        op = each.op if each.op in term.operators else term.operators[0]
        operators = [Choice(one, OPERATOR_LABELS[one], one == op) for one in term.operators]
        shape = _shape(term, op)
        shown = replace(each, op=op, values=_shown(each, shape))
        suffix = "%" if term.type == FilterType.PERCENT else ""
        return Line(
            shown,
            sections=heads,
            operators=operators,
            shape=shape,
            options=_offered(shape, shown, term, options),
            suffix=suffix,
        )

    return line(row)


def _options(term: Term, known: Terms) -> list[tuple[str, Label]]:
    if term.type == FilterType.RELATION:
        kinds = [each for each in queries.relation_types() if not each.archived_at]
        sides = [(f"{each.pk}:out", each.label) for each in kinds]
        sides += [(f"{each.pk}:in", each.inverse_label) for each in kinds if not each.is_mutual]
        return [(":out", _("any relation")), *sides]
    if column := _USED.get(term.name):
        return [(value, value) for value in queries.used_values(known.actor, column)]
    return term.options(known.actor) if term.options else []


def _offered(shape: str, row: Row, term: Term, options: Any) -> list[Choice]:
    match shape:
        case "span":
            return _chosen((Choice(*pair) for pair in UNITS.items()), [row.unit or "day"])
        case "period":
            return _chosen((Choice(*pair) for pair in PERIODS.items()), row.values or ["month"])
        case "yes_no":
            return _chosen([Choice("true", _("Yes")), Choice("false", _("No"))], row.values)
        case "boxes" | "relation" | "texts":
            return _chosen(options(term), row.values)
    return []


def _chosen(choices: Any, values: Sequence[str]) -> list[Choice]:
    return [replace(each, chosen=each.value in values) for each in choices]


def _shape(term: Term, op: str) -> str:  # noqa: PLR0911  # one kind of input a line
    if op in ("empty", "filled"):
        return ""
    match term.type:
        case FilterType.RELATION:
            return "relation"
        case FilterType.YES_NO:
            return "yes_no"
        case FilterType.DATE:
            return {
                "last": "span", "older": "span", "next": "span", "this": "period", "previous": "period",
                "between": "days",
            }.get(op, "day")  # fmt: skip
        case FilterType.CHOICE | FilterType.CHOICES:
            return "boxes"
        case FilterType.NUMBER | FilterType.MONEY | FilterType.PERCENT:
            return "numbers" if op == "between" else "number"
    return "texts" if op in ("in", "not_in") else "text"


def _shown(row: Row, shape: str) -> list[str]:
    """The values as inputs show them, with an empty one to write another in."""
    values = [each for each in row.values if each]
    match shape:
        case "texts":
            return [*values, ""]
        case "days" | "numbers":
            return [*values, "", ""][:2]
        case "boxes" | "yes_no" | "period" | "relation":
            return values
    return [*values, ""][:1]
