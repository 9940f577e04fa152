"""Which customers one actor asks for, as query sets."""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from zhiyin.customers import access, filters
from zhiyin.customers.fields import Field as Own
from zhiyin.customers.fields.conditions import on_values
from zhiyin.customers.filters import FilterType, Group
from zhiyin.customers.filters.seeing import MOST_LOOKED_AT, found_openly, sees_all_words
from zhiyin.customers.models import Customer
from zhiyin.customers.queries import searching
from zhiyin.customers.queries.listing.filter import CustomerFilter
from zhiyin.platform import search
from zhiyin.platform.actors import Actor

# as many as are faster looked up and sorted than met on the way through the list; as many as are worth a table in
# memory, by which whom one meets on that way is told apart
FEW, SOME = 3000, 12_000


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

    def parts(self, *, best: Best | None = None) -> list[QuerySet[Customer]]:
        """``matching`` by the reason why they are visible, each once: what one index has in order is read in order.

        What the search box finds is found first, and looked at whole.
        """
        if self.where.q.strip():
            return [self.matching()]
        return [self._narrowed(Customer.objects.filter(each), best) for each in access.apart(self.actor)]

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

    @property
    def is_bare_search(self) -> bool:
        """Whether nothing but words narrows the list."""
        sees_all = access.sees_everybody(self.actor) and sees_all_words(self.actor)
        return bool(self.where.q.strip()) and sees_all and self.where == CustomerFilter(q=self.where.q)

    def about(self, own: Own) -> Q:
        """What is asked of one own field, as a condition on the values that a list is sorted by."""
        asked = filters.about(self.tree, own.name, self.known, self.today)
        return Q(*(on_values(own, *each) for each in asked))

    def _narrowed(self, rows: QuerySet[Customer], best: Best | None = None) -> QuerySet[Customer]:
        if (tree := self.tree).of:
            if best:
                found, tree = list(filters.apart(tree, self.known, self.today))[best.place]
                meets = (
                    Q(pk__in=_looked_up(found)) if best.is_few else Q(pk__hashed=found.values("customer_id"))
                )
                rows = rows.filter(meets)
            rows = rows.filter(filters.compiled(tree, self.known, self.today))
        if self.where.q.strip():
            words = searching.query(self.actor, self.where.q)
            if words is None:
                return rows.none()
            most = searching.MOST_FOUND if self.is_bare_search else None
            also = searching.exact(self.actor, self.where.q)
            if sees_all_words(self.actor):
                return rows.filter(pk__in=searching.found(words, most=most, also=also))
            rows = rows.filter(pk__in=[*self._found_openly(words), *also])
        return rows

    def _found_openly(self, words: search.Query) -> Iterable[uuid.UUID]:
        is_bare = access.sees_everybody(self.actor) and self.where == CustomerFilter(q=self.where.q)
        return found_openly(self.actor, words, most=searching.MOST_FOUND if is_bare else MOST_LOOKED_AT)


def matching(actor: Actor, where: CustomerFilter) -> QuerySet[Customer]:
    """The visible customers that a filter lets through. Raises ``PermissionDenied`` for what is hidden."""
    return Question.of(actor, where).matching()


def _looked_up(rows: QuerySet[Any]) -> RawSQL:
    """The customers of an index's rows, which the database then finds before it does anything else."""
    sql, params = rows.values("customer_id").query.sql_with_params()
    return RawSQL(f"SELECT unnest(ARRAY({sql}))", params)  # noqa: S611 - all that is put in are parameters
