"""Pages of the list of customers, and how many it has."""

import datetime
import functools
import uuid
from dataclasses import replace
from typing import Annotated, Any, Literal, TypedDict, cast

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from pydantic import StringConstraints

from zhiyin.customers import access, filters
from zhiyin.customers.fields import Field as Own
from zhiyin.customers.fields import registry, veiled_row
from zhiyin.customers.fields.conditions import ORDERED, SORTED, is_number, is_sortable, with_values
from zhiyin.customers.models import Customer
from zhiyin.customers.queries import searching
from zhiyin.customers.queries.counting import Count, kept_count
from zhiyin.customers.queries.listing.filter import CustomerFilter
from zhiyin.customers.queries.listing.question import FEW, SOME, Best, Question
from zhiyin.platform.actors import Actor
from zhiyin.platform.database.bounded import TookTooLong, bounded
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.platform.lookups import KeyBeside
from zhiyin.platform.paging import Keyset, Page

READ_WITHIN, COUNTED_WITHIN = 3000, 30  # milliseconds
Sort = (
    Literal[
        "name", "-name", "created", "-created", "value", "-value", "alive", "-alive", "last", "-last",
        "spend", "-spend",
    ]
    | Annotated[str, StringConstraints(pattern=r"^-?x_[a-z][a-z0-9_]{0,39}$")]
)  # fmt: skip

# what a list is sorted by, and the same table's column that equals the customer's id
SORTS: dict[str, tuple[str, str]] = {
    "name": ("name_key", ""),
    "created": ("created_at", ""),
    "value": ("value__value", "value__customer_id"),
    "alive": ("value__alive", "value__customer_id"),
    "last": ("value__last_at", "value__customer_id"),
    "spend": ("value__spend_key", "value__customer_id"),
}


class CustomerRow(TypedDict):
    """One row of the list; what analysis found is ``None`` where there is nothing."""

    id: uuid.UUID
    code: str
    name: str
    name_key: str
    kind: str
    status: str
    stage: str
    country: str
    city: str
    source: str
    created_at: datetime.datetime
    owner__name: str | None
    unit__name: str | None
    grade__name: str | None
    grade__colour: str | None
    value__orders: int | None
    value__spend_key: float | None
    value__last_at: datetime.datetime | None
    value__value: float | None
    value__value_low: float | None
    value__value_high: float | None
    value__alive: float | None
    value__group: str | None
    custom: dict[str, Any]


COLUMNS = tuple(CustomerRow.__annotations__)


class CustomerList:
    """The customers that a filter lets through for one actor."""

    def __init__(self, actor: Actor, where: CustomerFilter) -> None:
        self.actor, self.where = actor, where
        self.question = Question.of(actor, where)

    def page(self, *, sort: Sort = "name", after: str = "", limit: int = 50) -> Page[CustomerRow]:
        """One page. Raises ``TookTooLong`` for a filter that reads too many to find a page."""
        self.question.demand()
        make = _list if self.where.q else _kept_list
        own, best = _sorted_by(self.actor, sort), self.question.best
        shares_met = not own and self.question.meets_shares(by_name=sort in ("name", "-name"))
        found = make(self.question, sort, own, best, shares_met=shares_met)
        if not self.where.filter:
            return _veiled(self.actor, found.page(after, limit))
        try:
            with bounded(READ_WITHIN):
                return _veiled(self.actor, found.page(after, limit))
        except TookTooLong as error:
            raise TookTooLong(_narrower(self.question)) from error

    def count(self, *, shown: int = 0) -> Count:
        """How many there are; about how many where counting would take long. Of those ``shown`` one knows already."""
        # what has been kept of a list says nothing to whom its filter is forbidden
        self.question.demand()
        if self.question.finds_all:
            return Count(self._found(searching.MOST_FOUND), exact=True)
        if self.question.is_bare_search and shown and self._found(FEW + 1) > FEW:
            return Count(shown, exact=False, least=True)
        sees = self.actor.reach, access.sees_everybody(self.actor), access.closed(self.actor)
        return kept_count(
            lambda: _together(self.question.parts()),
            same=("customers", sees, self.question.said, self.question.today),
            within=COUNTED_WITHIN if self.where.filter or self.where.q else None,
            shown=shown,
            told=lambda: self.question.about_all,
            told_up_to=SOME,
        )

    def _found(self, most: int) -> int:
        words, also = self.question.words, self.question.also
        return searching.count_found(words, most, also=also) if words else 0


def list_customers(
    actor: Actor, where: CustomerFilter, *, sort: Sort = "name", after: str = "", limit: int = 50
) -> Page[CustomerRow]:
    """One page of customers; see ``CustomerList``."""
    return CustomerList(actor, where).page(sort=sort, after=after, limit=limit)


def count_customers(actor: Actor, where: CustomerFilter, *, shown: int = 0) -> Count:
    """How many customers a filter lets through; see ``CustomerList``."""
    return CustomerList(actor, where).count(shown=shown)


def _together(parts: list[QuerySet[Customer]]) -> QuerySet[Any, Any]:
    return (
        parts[0].values("pk").union(*(each.values("pk") for each in parts[1:]), all=True)
        if parts[1:]
        else parts[0]
    )


def _veiled(actor: Actor, found: Page[CustomerRow]) -> Page[CustomerRow]:
    return replace(found, rows=[cast(CustomerRow, veiled_row(actor, row)) for row in found.rows])


def _narrower(question: Question) -> str:
    """What to do about a filter that takes too long."""
    blamed = [str(question.known[each.field].label) for each in filters.slow(question.tree, question.known)]
    advice = _(
        "Add a condition that few customers meet, such as owner, unit, tag, status, a day of creation or of the last purchase."
    )
    if not blamed:
        return f"{_('This filter reads too many customers.')} {advice}"
    told = _("This filter looks at every customer because of: %s.") % _(", ").join(dict.fromkeys(blamed))
    return f"{told} {advice}"


def _sorted_by(actor: Actor, sort: Sort) -> Own | None:
    """The company's own field that a list is sorted by. Raises ``Invalid`` and ``PermissionDenied``."""
    name = sort.removeprefix("-")
    if name in access.closed(actor):
        raise PermissionDenied
    if name in SORTS:
        return None
    found = next((each for each in registry(actor) if each.name == name and is_sortable(each)), None)
    if found is None:
        raise Invalid(_("There is no such order."), field="sort")
    return found


def _list(
    question: Question, sort: Sort, own: Own | None, best: Best | None, *, shares_met: bool
) -> Keyset[CustomerRow]:
    """A list by all that decides on its SQL; no rows."""
    name = sort.removeprefix("-")
    every, where = Customer.objects.all(), question.where
    column, twin = (ORDERED[is_number(own)], f"{SORTED}__customer_id") if own else SORTS[name]
    order = [f"-{column}" if sort.startswith("-") else column]
    if twin and best and not best.is_few:
        best = None

    @functools.cache
    def parts(nulls: bool) -> list[QuerySet[Customer]]:
        met = (F("pk") if nulls or not twin else KeyBeside(column, "customer_id")) if shares_met else None
        found = question.parts(best=best, met=met)
        return [with_values(each, own).filter(question.about(own)) for each in found] if own else found

    every = with_values(every, own) if own else every
    columns = (*COLUMNS, column) if own else COLUMNS
    if len(parts(False)) > 1:
        return Keyset(every.values(*columns), order=order, twin=twin, parts=parts)
    rows: QuerySet[Customer, CustomerRow] = parts(False)[0].values(*columns)
    reached = every.filter(access.reach(question.actor)).values(*columns)
    around = reached if where.q or where.filter or own else None
    choose = None
    if name == "name" and question.is_bare_search and question.words:
        visible = None if question.finds_all else access.customers(question.actor)
        choose = functools.partial(searching.first_found, question.words, also=question.also, visible=visible)
    tenant = str(question.actor.tenant_id)
    return Keyset(rows, order=order, twin=twin, plan_for=tenant, around=around, choose=choose)


_kept_list = functools.lru_cache(maxsize=200)(_list)
