"""A filter in the reader's words."""

import datetime
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from zhiyin.customers import access
from zhiyin.customers.filters.terms import Term, Terms
from zhiyin.customers.filters.tree import Condition, Group, Node, RelationTo, Span
from zhiyin.customers.filters.values import NOBODY, FilterType
from zhiyin.customers.models import RelationType

# what stands for the operator and the value behind a field's name
PHRASES: dict[str, str | Promise] = {
    "in": gettext_lazy("%(value)s"),
    "not_in": gettext_lazy("not %(value)s"),
    "all": gettext_lazy("all of %(value)s"),
    "is": gettext_lazy("%(value)s"),
    "contains": gettext_lazy("contains “%(value)s”"),
    "starts": gettext_lazy("begins with “%(value)s”"),
    "find": gettext_lazy("“%(value)s”"),
    "at_least": gettext_lazy("at least %(value)s"),
    "at_most": gettext_lazy("at most %(value)s"),
    "between": gettext_lazy("%(first)s to %(last)s"),
    "since": gettext_lazy("on or after %(value)s"),
    "until": gettext_lazy("on or before %(value)s"),
    "last": gettext_lazy("in the last %(value)s"),
    "older": gettext_lazy("more than %(value)s ago"),
    "next": gettext_lazy("in the next %(value)s"),
    "empty": gettext_lazy("is empty"),
    "filled": gettext_lazy("is filled in"),
    "has": gettext_lazy("%(value)s"),
    "has_not": gettext_lazy("none: %(value)s"),
}
# the same operators as one chooses among them
OPERATOR_LABELS: dict[str, str | Promise] = {
    "in": gettext_lazy("is"),
    "not_in": gettext_lazy("is not"),
    "all": gettext_lazy("has all of"),
    "is": gettext_lazy("is exactly"),
    "contains": gettext_lazy("contains"),
    "starts": gettext_lazy("begins with"),
    "find": gettext_lazy("finds"),
    "at_least": gettext_lazy("at least"),
    "at_most": gettext_lazy("at most"),
    "between": gettext_lazy("from … to …"),
    "since": gettext_lazy("on or after"),
    "until": gettext_lazy("on or before"),
    "last": gettext_lazy("in the last …"),
    "older": gettext_lazy("more than … ago"),
    "next": gettext_lazy("in the next …"),
    "this": gettext_lazy("in this …"),
    "previous": gettext_lazy("in the last whole …"),
    "empty": gettext_lazy("is empty"),
    "filled": gettext_lazy("is filled in"),
    "has": gettext_lazy("has"),
    "has_not": gettext_lazy("has not"),
}
PERIODS: dict[tuple[str, str], str | Promise] = {
    ("this", "day"): gettext_lazy("today"),
    ("this", "week"): gettext_lazy("this week"),
    ("this", "month"): gettext_lazy("this month"),
    ("this", "quarter"): gettext_lazy("this quarter"),
    ("this", "year"): gettext_lazy("this year"),
    ("previous", "day"): gettext_lazy("yesterday"),
    ("previous", "week"): gettext_lazy("last week"),
    ("previous", "month"): gettext_lazy("last month"),
    ("previous", "quarter"): gettext_lazy("last quarter"),
    ("previous", "year"): gettext_lazy("last year"),
}


class Words:
    """Says nodes of a filter; the names behind keys are read at once. An SQL statement for each kind of record."""

    def __init__(self, known: Terms, tree: Group) -> None:
        self.known = known
        conditions = [each for each in tree.conditions() if each.field in known.known]
        self.names = _names(known, conditions)
        self.relations = _relations(known, conditions)

    def label(self, condition: Condition) -> str:
        term = self.known.known.get(condition.field)
        return str(term.label) if term else condition.field

    def value(self, condition: Condition) -> str:
        """The operator and the value, without the field's name."""
        op, raw = condition.op, condition.value
        if isinstance(raw, str) and (op, raw) in PERIODS:
            return str(PERIODS[op, raw])
        term = self.known.known.get(condition.field)
        if op == "between" and isinstance(raw, list) and len(raw) == 2:
            return str(PHRASES[op]) % {"first": self._one(term, raw[0]), "last": self._one(term, raw[1])}
        each = raw if isinstance(raw, list) else [raw]
        joiner = _(", ") if op == "all" else _(" or ")
        return str(PHRASES.get(op, "%(value)s")) % {
            "value": joiner.join(self._one(term, one) for one in each)
        }

    def sentence(self, node: Node) -> str:
        if isinstance(node, Condition):
            return f"{self.label(node)} {self.value(node)}"
        parts = [
            f"({self.sentence(each)})"
            if isinstance(each, Group) and len(each.of) > 1
            else self.sentence(each)
            for each in node.of
        ]
        if node.match == "none":
            return _("none of: %s") % _("; ").join(parts)
        return (_(" and ") if node.match == "all" else _(" or ")).join(parts)

    def _one(self, term: Term | None, raw: Any) -> str:  # noqa: PLR0911  # one kind of value a line
        match raw:
            case None:
                return ""
            case bool():
                return _("Yes") if raw else _("No")
            case Span():
                return span(raw)
            case RelationTo():
                return self._relation(raw)
        if term is None:
            return str(raw)
        match term.type:
            case FilterType.DATE:
                return _day(str(raw))
            case FilterType.PERCENT if isinstance(raw, int | float):
                return f"{_number(round(100 * raw, 1))} %"
            case FilterType.NUMBER | FilterType.MONEY if isinstance(raw, int | float):
                return _number(raw)
        return self.names.get((term.name, str(raw)), str(raw))

    def _relation(self, asked: RelationTo) -> str:
        names, kinds = self.relations
        kind = kinds.get(asked.type)
        label = _("any relation") if asked.type is None else _("a relation that is gone")
        if kind is not None:
            label = str(kind.label if asked.way == "out" else kind.inverse_label)
        if asked.customer is None:
            return label
        return f"{label}: {names.get(asked.customer, '–')}"


def span(length: Span) -> str:
    counted = {
        "day": ngettext("%d day", "%d days", length.number),
        "week": ngettext("%d week", "%d weeks", length.number),
        "month": ngettext("%d month", "%d months", length.number),
        "quarter": ngettext("%d quarter", "%d quarters", length.number),
        "year": ngettext("%d year", "%d years", length.number),
    }
    return counted[length.unit] % length.number


def _number(value: float) -> str:
    whole = int(value) if float(value).is_integer() else value
    return formats.number_format(whole, use_l10n=True, force_grouping=True)


def _day(raw: str) -> str:
    try:
        return formats.date_format(datetime.date.fromisoformat(raw), "DATE_FORMAT")
    except ValueError:
        return raw


def _names(known: Terms, conditions: Iterable[Condition]) -> Mapping[tuple[str, str], str]:
    """The names of chosen values by field and value."""
    chosen: dict[str, list[str]] = {}
    for each in conditions:
        values: list[Any] = each.value if isinstance(each.value, list) else [each.value]
        chosen.setdefault(each.field, []).extend(value for value in values if isinstance(value, str))
    found: dict[tuple[str, str], str] = {}
    for name, values in chosen.items():
        term = known.known[name]
        if term.names:
            ids = [key for one in values if (key := _key(one))]
            found |= {(name, text): label for text, label in term.names(known.actor, ids).items()}
            found[name, NOBODY] = _("Nobody")
        elif term.options:
            found |= {(name, key): str(label) for key, label in term.options(known.actor)}
    return found


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _relations(
    known: Terms, conditions: Iterable[Condition]
) -> tuple[Mapping[uuid.UUID, str], Mapping[uuid.UUID | None, RelationType]]:
    """The visible customers and the types that relations in a filter name."""
    asked = [each.value for each in conditions if isinstance(each.value, RelationTo)]
    if not asked:
        return {}, {}
    ids = [each.customer for each in asked if each.customer]
    rows = access.customers(known.actor).filter(pk__in=ids).values_list("pk", "name") if ids else ()
    return dict(rows), {each.pk: each for each in RelationType.objects.all()}
