"""From a filter to SQL, by way of Django's conditions: values never become part of a statement's text."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from zhiyin.customers.filters.terms import Asking, Term, Terms
from zhiyin.customers.filters.tree import Condition, Group
from zhiyin.customers.filters.values import read
from zhiyin.platform.errors import DomainError, Invalid


def compiled(tree: Group, known: Terms, today: datetime.date) -> Q:
    """The condition under which a customer meets a filter.

    Raises ``Invalid`` with the place at fault, ``PermissionDenied`` for what the actor may not see.
    """
    return _group(tree, known, Asking(known.actor, today), "filter")


def _group(group: Group, known: Terms, asking: Asking, place: str) -> Q:
    whole = Q()
    for number, node in enumerate(group.of):
        here = f"{place}.of[{number}]"
        part = _node(node, known, asking, here)
        whole = whole & part if group.match == "all" else whole | part
    return ~whole if group.match == "none" and whole else whole


def _node(node: Group | Condition, known: Terms, asking: Asking, place: str) -> Q:
    if isinstance(node, Condition):
        return _condition(node, known, asking, place)
    return _group(node, known, asking, place)


def _condition(condition: Condition, known: Terms, asking: Asking, place: str) -> Q:
    term = _term(condition, known, place)
    try:
        op, value = read(term.type, condition.op, condition.value, asking.today)
        if term.closed and term.options and isinstance(value, list):
            _among(value, term, asking)
        return term.make(asking, op, value)
    except Invalid as error:
        problem = _("%(field)s: %(why)s") % {"field": term.label, "why": error.message}
        raise Invalid(problem, field=f"{place}.value") from error


def _among(values: list[str], term: Term, asking: Asking) -> None:
    options = term.options(asking.actor) if term.options else []
    if not set(values) <= {value for value, _label in options}:
        raise Invalid(_("This is not one of the choices."))


def _term(condition: Condition, known: Terms, place: str) -> Term:
    try:
        term = known[condition.field]
    except DomainError as error:
        error.field = f"{place}.field"
        raise
    if condition.op not in term.operators:
        problem = _("%(field)s cannot be asked for like this: %(op)s") % {
            "field": term.label,
            "op": condition.op,
        }
        raise Invalid(problem, field=f"{place}.op")
    return term


def apart(tree: Group, known: Terms, today: datetime.date) -> Iterator[tuple[QuerySet[Any], Group]]:
    """The rows of indexes that each alone tell of whom a condition holds, and all the other conditions.

    None where not all conditions have to hold.
    """
    for place, each in enumerate(tree.of if tree.match == "all" else ()):
        if isinstance(each, Condition) and (found := known[each.field].found):
            rows = found(*read(known[each.field].type, each.op, each.value, today))
            if rows is not None:
                yield rows, Group(of=[*tree.of[:place], *tree.of[place + 1 :]])


def about(tree: Group, name: str, known: Terms, today: datetime.date) -> Iterator[tuple[str, Any]]:
    """Operators and values of what is asked of one field, where all conditions have to hold."""
    for each in tree.of if tree.match == "all" else ():
        if isinstance(each, Condition) and each.field == name:
            yield read(known[name].type, each.op, each.value, today)


def check(tree: Group, known: Terms, place: str = "filter") -> None:
    """Raises ``PermissionDenied`` or ``Invalid``, with the place, for a field that the actor may not use."""
    for number, node in enumerate(tree.of):
        here = f"{place}.of[{number}]"
        if isinstance(node, Condition):
            _term(node, known, here)
        else:
            check(node, known, here)


def slow(tree: Group, known: Terms) -> Iterator[Condition]:
    """Those conditions that no index answers, so that they look at every customer that the others leave."""
    for each in tree.conditions():
        if each.op in known[each.field].slow:
            yield each
