"""What shows that somebody looks after a customer. Each app adds what it knows, from the ``ready`` of its configuration."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Fact:
    """``rows`` gives a query set of which each row has ``customer_id`` and, under the name ``at``, when it was.

    What lasts, as an open deal does, gives the present as ``at``.
    """

    code: str
    label: str | Promise
    rows: Callable[[], QuerySet[Any, Any]]
    at: str


_facts: dict[str, Fact] = {}


def register(fact: Fact) -> None:
    """Make a kind of fact prolong the protection of customers."""
    _facts[fact.code] = fact


def facts() -> list[Fact]:
    return list(_facts.values())


def label_of(code: str) -> str | Promise:
    """The words for what protection is counted from; empty for a kind of another version."""
    return _facts[code].label if code in _facts else ""
