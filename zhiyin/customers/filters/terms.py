"""What a filter can ask of a customer. Each app adds what it knows, from the ``ready`` of its configuration."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Choices, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from zhiyin.customers import access
from zhiyin.customers.filters.values import OPERATORS, FilterType
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, PermissionDenied

Label = str | Promise
Option = tuple[str, Label]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and when: what is relative is relative to it."""

    actor: Actor
    today: datetime.date


Make = Callable[[Asking, str, Any], Q]
Found = Callable[[str, Any], QuerySet[Any] | None]


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a condition can be about.

    ``make`` gives the SQL of an operator and a value as ``values.read`` leaves them. ``options`` are what can be
    chosen, and nothing else when it is ``closed``; ``names`` tells the names of chosen ones. ``slow`` operators have no index, so that alone they read
    every customer. ``found`` gives the rows of an index that alone tell whose ``customer_id`` fits, or ``None``. ``permission`` is needed beyond that of seeing customers.
    """

    name: str
    label: Label
    type: FilterType
    section: Label
    make: Make
    permission: str = ""
    options: Callable[[Actor], list[Option]] | None = None
    closed: bool = False
    names: Callable[[Actor, Iterable[uuid.UUID]], Mapping[str, str]] | None = None
    without: frozenset[str] = frozenset()
    slow: frozenset[str] = frozenset()
    found: Found | None = None

    @property
    def operators(self) -> tuple[str, ...]:
        return tuple(each for each in OPERATORS[self.type] if each not in self.without)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms that one actor may use, by name."""

    actor: Actor
    known: Mapping[str, Term]
    denied: frozenset[str] = field(default=frozenset())

    def __getitem__(self, name: str) -> Term:
        """Raises ``PermissionDenied`` for what is guarded and ``Invalid`` for what there is not."""
        if name in self.denied:
            raise PermissionDenied(_("You may not see what this filter asks for: %s") % name)
        if name not in self.known:
            raise Invalid(_("There is no such field: %s") % name)
        return self.known[name]


Source = Callable[[Actor], Iterable[Term]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Add terms; ``source`` gives those that exist in the actor's company, and is asked each time."""
    _sources.append(source)


def terms(actor: Actor) -> Terms:
    """What this actor may filter by. One SQL statement, for the company's own fields."""
    every = {term.name: term for source in _sources for term in source(actor)}
    denied = {name for name, term in every.items() if term.permission and not actor.may(term.permission)}
    # a filter on what is masked or hidden would tell it, one question after the other
    denied |= access.closed(actor)
    return Terms(actor, {name: every[name] for name in every.keys() - denied}, frozenset(denied))


def among(choices: type[Choices]) -> Callable[[Actor], list[Option]]:
    """The options of a closed list."""
    return lambda _actor: [(str(value), label) for value, label in choices.choices]
