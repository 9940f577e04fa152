"""Which customers one actor asks for, as query sets."""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable, RawSQL
from django.utils import timezone

from zhiyin.customers import access, filters
from zhiyin.customers.fields import Field as Own
from zhiyin.customers.fields.conditions import on_values
from zhiyin.customers.filters import Condition, FilterType, Group
from zhiyin.customers.filters.seeing import MOST_LOOKED_AT, found_openly, sees_all_words
from zhiyin.customers.models import Customer
from zhiyin.customers.queries import searching
from zhiyin.customers.queries.listing.filter import CustomerFilter
from zhiyin.platform import search
from zhiyin.platform.actors import Actor
from zhiyin.platform.lookups import Hashed

# as many as are faster looked up and sorted than met on the way through the list; as many as are worth a table in
# memory, by which whom one meets on that way is told apart
FEW, SOME = 3000, 12_000
# fields of which each value has an index in the order of names
BY_NAME = frozenset({"status", "country", "source", "grade", "owner", "unit"})


@dataclass(frozen=True, slots=True)
class Best:
    """The condition to begin with: its place among those that an index tells, and whether ``FEW`` meet it at most.

    The planner knows how many there are, and little of where they stand in a list.
    """

    place: int
    is_few: bool


@dataclass(frozen=True)
class Question:
    """A filter, who asks, and when: equal for those who are to be answered by the same SQL.

    What may be asked is read once, for that looks into the company's own fields, and so is what indexes tell.
    """

    actor: Actor
    said: str
    zone: str
    today: datetime.date
    where: CustomerFilter = field(compare=False)

    @classmethod
    def of(cls, actor: Actor, where: CustomerFilter) -> "Question":
        zone = timezone.get_current_timezone_name()
        return cls(actor, where.model_dump_json(), zone, timezone.localdate(), where)

    @cached_property
    def tree(self) -> Group:
        return self.where.tree()

    @cached_property
    def known(self) -> filters.Terms:
        return filters.terms(self.actor)

    def demand(self) -> None:
        """Raise ``PermissionDenied`` or ``Invalid`` for a condition that this actor may not make."""
        if self.tree.of:
            filters.check(self.tree, self.known)

    def matching(self) -> QuerySet[Customer]:
        return self._narrowed(access.customers(self.actor))

    def parts(self, *, best: Best | None = None, met: Combinable | None = None) -> list[QuerySet[Customer]]:
        """``matching`` by the reason why they are visible, each once: what one index has in order is read in order.

        What the search box finds is found first, and looked at whole. Where ``meets_shares``, those shared are told
        apart on the way through the list, on which ``met`` is the key of a customer.
        """
        if self.where.q.strip():
            return [self.matching()]
        grounds = access.apart(self.actor, met=met)
        return [self._narrowed(Customer.objects.filter(each), best) for each in grounds]

    def meets_shares(self, *, by_name: bool) -> bool:
        """Whether who goes through the list in its order soon meets those shared with this actor.

        What narrows it must have an index in that order.
        """
        if self.where.q or len(self.tree.of) > by_name:
            return False
        ordered = all(isinstance(each, Condition) and _is_one_of(each) for each in self.tree.of)
        return ordered and access.has_many_shares(self.actor)

    @cached_property
    def told(self) -> list[tuple[int, Group]]:
        """How many fit each condition that an index tells alone, ``SOME`` + 1 for more, and all other conditions.

        After one that few fit no more are asked for.
        """
        found = []
        if self.where.filter and not self.where.q.strip():
            for rows, rest in filters.apart(self.tree, self.known, self.today):
                found.append((rows.order_by()[: SOME + 1].count(), rest))
                if found[-1][0] <= FEW:
                    break
        return found

    @property
    def best(self) -> Best | None:
        """The condition that the fewest meet, where an index tells them and they are not too many for that."""
        place, number = min(
            enumerate(each for each, _rest in self.told), key=lambda each: each[1], default=(0, 0)
        )
        return Best(place, is_few=number <= FEW) if self.told and number <= SOME else None

    @property
    def about_all(self) -> int:
        """About how many fit by the index of the one condition there is, ``SOME`` + 1 for more; 0 when none tells."""
        alone = self.where == CustomerFilter(filter=self.where.filter) and len(self.tree.of) == 1
        if not alone or not self.told or not access.sees_everybody(self.actor):
            return 0
        number = self.told[0][0]
        (asked,) = self.tree.conditions()
        # who has several of the values asked for stands in the index several times
        several = self.known[asked.field].type == FilterType.CHOICES
        return 0 if several and number <= SOME else number

    @cached_property
    def words(self) -> search.Query | None:
        return searching.query(self.actor, self.where.q)

    @cached_property
    def also(self) -> list[uuid.UUID]:
        """Whose code, or whose order's number, the words are as a whole."""
        return searching.exact(self.actor, self.where.q)

    @property
    def is_bare_search(self) -> bool:
        """Whether nothing but words narrows the list, all of which this actor may find by."""
        bare = bool(self.where.q.strip()) and self.where == CustomerFilter(q=self.where.q)
        return bare and sees_all_words(self.actor)

    @property
    def finds_all(self) -> bool:
        """Whether all that a bare search finds is seen."""
        return self.is_bare_search and access.sees_everybody(self.actor)

    def about(self, own: Own) -> Q:
        """What is asked of one own field, as a condition on the values that a list is sorted by."""
        asked = filters.about(self.tree, own.name, self.known, self.today)
        return Q(*(on_values(own, *each) for each in asked))

    def _narrowed(self, rows: QuerySet[Customer], best: Best | None = None) -> QuerySet[Customer]:
        if (tree := self.tree).of:
            if best:
                found, tree = list(filters.apart(tree, self.known, self.today))[best.place]
                keys = found.values("customer_id")
                rows = rows.filter(Q(pk__in=_looked_up(keys)) if best.is_few else Hashed(F("pk"), keys.query))
            rows = rows.filter(filters.compiled(tree, self.known, self.today))
        if self.where.q.strip():
            if self.words is None:
                return rows.none()
            if not sees_all_words(self.actor):
                return rows.filter(pk__in=[*self._found_openly(self.words), *self.also])
            most = searching.MOST_FOUND if self.finds_all else None
            rows = rows.filter(pk__in=searching.found(self.words, most=most, also=self.also))
        return rows

    def _found_openly(self, words: search.Query) -> Iterable[uuid.UUID]:
        is_bare = access.sees_everybody(self.actor) and self.where == CustomerFilter(q=self.where.q)
        return found_openly(self.actor, words, most=searching.MOST_FOUND if is_bare else MOST_LOOKED_AT)


def matching(actor: Actor, where: CustomerFilter) -> QuerySet[Customer]:
    """The visible customers that a filter lets through. Raises ``PermissionDenied`` for what is hidden."""
    return Question.of(actor, where).matching()


def _looked_up(keys: QuerySet[Any, Any]) -> RawSQL:
    """The customers of an index's rows, which the database then finds before it does anything else."""
    sql, params = keys.query.sql_with_params()
    return RawSQL(f"SELECT unnest(ARRAY({sql}))", params)  # noqa: S611 - all that is put in are parameters


def _is_one_of(asked: Condition) -> bool:
    """Whether one value is asked for of a field whose values have an index in the order of names."""
    one = isinstance(asked.value, list) and len(asked.value) == 1
    return one and asked.op == "in" and asked.field in BY_NAME
