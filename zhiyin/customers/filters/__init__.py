"""The language of filters: of lists, saved views, bulk changes and exports, and of whatever chooses customers.

A filter is a small tree, written as JSON::

    {"match": "all", "of": [
        {"field": "status", "op": "in", "value": ["loyal", "repeat"]},
        {"match": "any", "of": [
            {"field": "last", "op": "older", "value": {"number": 6, "unit": "month"}},
            {"field": "x_budget", "op": "at_least", "value": 5000}]}]}

``parse`` reads it, ``terms`` says what an actor may ask for, ``compiled`` makes it a condition for query sets.
"""

from zhiyin.customers.filters.compiling import about, apart, check, compiled, slow
from zhiyin.customers.filters.core import compare, latest, moment, nullable, within
from zhiyin.customers.filters.terms import Asking, Option, Term, Terms, register, terms
from zhiyin.customers.filters.tree import Condition, Filter, Group, Node, RelationTo, Span, parse, veiled
from zhiyin.customers.filters.values import NOBODY, OPERATORS, FilterType, keys
from zhiyin.customers.filters.words import Words

__all__ = [
    "NOBODY",
    "OPERATORS",
    "Asking",
    "Condition",
    "Filter",
    "FilterType",
    "Group",
    "Node",
    "Option",
    "RelationTo",
    "Span",
    "Term",
    "Terms",
    "Words",
    "about",
    "apart",
    "check",
    "compare",
    "compiled",
    "keys",
    "latest",
    "moment",
    "nullable",
    "parse",
    "register",
    "slow",
    "terms",
    "veiled",
    "within",
]
