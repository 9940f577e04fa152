"""Lists of customers: filter, search, sort, page."""

import datetime
import functools
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, TypedDict, cast

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import BaseModel, Field, FiniteFloat, StringConstraints, field_validator

from zhiyin.customers import access, filters
from zhiyin.customers.choices import CustomerKind, Stage, Status
from zhiyin.customers.fields import Field as Own
from zhiyin.customers.fields import registry, veiled_row
from zhiyin.customers.fields.conditions import ORDERED, SORTED, is_number, is_sortable, on_values, with_values
from zhiyin.customers.filters import Condition, Group
from zhiyin.customers.filters.seeing import MOST_LOOKED_AT, found_openly, sees_all_words
from zhiyin.customers.models import Customer, CustomerTag, SavedView
from zhiyin.customers.queries import searching
from zhiyin.customers.queries.counting import Count, kept_count
from zhiyin.platform import search
from zhiyin.platform.actors import Actor
from zhiyin.platform.database.bounded import TookTooLong, bounded
from zhiyin.platform.database.planned import Planned
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.platform.paging import Keyset, Page

Row = Mapping[str, object]
READ_WITHIN, COUNTED_WITHIN = 3000, 30  # milliseconds
MOST_VALUES = 200
# as many as are faster looked up and sorted than met on the way through the list
FEW = 6000
Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Cell = Annotated[str, StringConstraints(pattern=r"^[1-5][1-5]$")]
Someone = uuid.UUID | Literal["none"]
_KEY = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
RelatedTo = Annotated[str, StringConstraints(pattern=rf"^{_KEY}:{_KEY}:(in|out)$")]
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


class CustomerFilter(BaseModel):
    """Which customers a list shows. Values of one field are alternatives, fields narrow each other."""

    q: Text = Field(
        "", description="Name fragment, pinyin, initials, code, number fragment, part of an e-mail."
    )
    kind: list[CustomerKind] = []
    status: list[Status] = []
    stage: list[Stage] = []
    grade: list[str] = []
    owner: list[Someone] = Field([], description="Members, or none for customers without an owner.")
    unit: list[Someone] = []
    tag: list[uuid.UUID] = Field([], description="Customers that carry all of these tags.")
    source: list[Text] = []
    country: list[Text] = []
    group: list[Text] = Field([], description="Groups of the recency, frequency and monetary scores.")
    created_from: datetime.date | None = None
    created_to: datetime.date | None = None
    last_from: datetime.date | None = Field(None, description="Last purchase on this day or later.")
    last_to: datetime.date | None = Field(None, description="Last purchase on this day or earlier.")
    ordered: bool | None = Field(None, description="Has bought, or has never bought.")
    value_min: FiniteFloat | None = None
    value_max: FiniteFloat | None = None
    rfm: list[Cell] = Field([], description="Recency and frequency score, two digits 1 to 5, such as 53.")
    spend_min: FiniteFloat | None = Field(None, description="Has paid at least so much.")
    alive_max: FiniteFloat | None = Field(
        None, description="Is still a customer with at most this probability."
    )
    related: list[RelatedTo] = Field(
        [],
        description="Has these lasting relations: CUSTOMER:TYPE:WAY, as that customer's relations are listed.",
    )
    filter: str = Field(
        "",
        max_length=16_000,
        description='Groups of conditions as JSON: `{"match": "all", "of": [{"field": "last", "op": "older", "value": '
        '{"number": 6, "unit": "month"}}]}`; `list_filter_fields` tells the fields, operators and values.',
    )

    @field_validator("filter")
    @classmethod
    def _veil(cls, given: str) -> str:
        """What may not lie about is not kept, logged or handed on either."""
        return filters.veiled(given)

    def is_empty(self) -> bool:
        return self == CustomerFilter()

    def tree(self) -> Group:
        """All that narrows the list but the words in the search box. Raises ``Invalid`` for what cannot be read."""
        asked = filters.parse(self.filter)
        short = self.short()
        return Group(
            match="all", of=[*short, asked] if asked.of and asked.match != "all" else [*short, *asked.of]
        )

    def short(self) -> list[Condition | Group]:
        """What the other parameters say, as conditions."""
        return [
            node
            for name in _SHORT
            if (given := getattr(self, name)) not in (None, [])
            for node in _SHORT[name](given)
        ]


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


def _one(field: str, op: str) -> Callable[[Any], list[Condition | Group]]:
    def make(given: Any) -> list[Condition | Group]:
        plain = [str(each) for each in given] if isinstance(given, list) else given
        plain = plain.isoformat() if isinstance(plain, datetime.date) else plain
        return [Condition(field=field, op=op, value=plain)]

    return make


def _relations(given: list[str]) -> list[Condition | Group]:
    """As a customer's relations are listed: ``way`` is that of the customer named, not of those to be found."""
    parts = [each.split(":") for each in given]
    return [
        Condition.model_validate(
            {
                "field": "relation",
                "op": "has",
                "value": {"customer": customer, "type": kind, "way": "in" if way == "out" else "out"},
            }
        )
        for customer, kind, way in parts
    ]


def _cells(given: list[str]) -> list[Condition | Group]:
    names = ("recency", "frequency")
    return [
        Group(
            match="any",
            of=[
                Group(
                    of=[
                        Condition(field=name, op="is", value=int(score))
                        for name, score in zip(names, cell, strict=True)
                    ]
                )
                for cell in given
            ],
        )
    ]


# the short parameters of an address, and what they say in the language of filters
_SHORT: dict[str, Callable[[Any], list[Condition | Group]]] = {
    **{
        name: _one(name, "in")
        for name in ("kind", "status", "stage", "grade", "source", "country", "owner", "unit", "group")
    },
    "tag": _one("tag", "all"),
    "related": _relations,
    "created_from": _one("created", "since"),
    "created_to": _one("created", "until"),
    "last_from": _one("last", "since"),
    "last_to": _one("last", "until"),
    "ordered": _one("ordered", "is"),
    "value_min": _one("value", "at_least"),
    "value_max": _one("value", "at_most"),
    "spend_min": _one("spend", "at_least"),
    "alive_max": _one("alive", "at_most"),
    "rfm": _cells,
}


def matching(actor: Actor, where: CustomerFilter) -> QuerySet[Customer]:
    """The visible customers that a filter lets through. Raises ``PermissionDenied`` for what is hidden."""
    return _narrowed(access.customers(actor), actor, where)


def _parts(actor: Actor, where: CustomerFilter, few: int = -1) -> list[QuerySet[Customer]]:
    """``matching`` by the reason why they are visible, each once: what one index has in order is read in order.

    What the search box finds is found first, and looked at whole.
    """
    if where.q.strip():
        return [matching(actor, where)]
    return [_narrowed(Customer.objects.filter(each), actor, where, few) for each in access.apart(actor)]


def _narrowed(
    rows: QuerySet[Customer], actor: Actor, where: CustomerFilter, few: int = -1
) -> QuerySet[Customer]:
    if (tree := where.tree()).of:
        known, today = filters.terms(actor), timezone.localdate()
        if few >= 0:
            found, tree = list(filters.apart(tree, known, today))[few]
            rows = rows.filter(pk__in=_looked_up(found))
        rows = rows.filter(filters.compiled(tree, known, today))
    if where.q.strip():
        words = searching.query(actor, where.q)
        if words is None:
            return rows.none()
        most = searching.MOST_FOUND if _is_bare_search(actor, where) else None
        also = searching.exact(actor, where.q)
        if sees_all_words(actor):
            return rows.filter(pk__in=searching.found(words, most=most, also=also))
        rows = rows.filter(pk__in=[*_found_openly(actor, where, words), *also])
    return rows


def _looked_up(rows: QuerySet[Any]) -> RawSQL:
    """The customers of an index's rows, which the database then finds before it does anything else."""
    sql, params = rows.values("customer_id").query.sql_with_params()
    return RawSQL(f"SELECT unnest(ARRAY({sql}))", params)  # noqa: S611 - all that is put in are parameters


def _few(where: CustomerFilter, known: filters.Terms) -> int:
    """The place of a condition that ``FEW`` customers meet at most, among those that an index tells; -1 for none.

    The planner knows how many there are, and little of where they stand in a list.
    """
    tree = where.tree()
    if not where.filter or where.q.strip():
        return -1
    for place, (rows, _rest) in enumerate(filters.apart(tree, known, timezone.localdate())):
        if not _more_than_few(rows):
            return place
    return -1


def _found_openly(actor: Actor, where: CustomerFilter, words: search.Query) -> list[uuid.UUID]:
    is_bare = access.sees_everybody(actor) and where == CustomerFilter(q=where.q)
    return found_openly(actor, words, most=searching.MOST_FOUND if is_bare else MOST_LOOKED_AT)


def _is_bare_search(actor: Actor, where: CustomerFilter) -> bool:
    """Whether nothing but words narrows the list."""
    sees_all = access.sees_everybody(actor) and sees_all_words(actor)
    return bool(where.q.strip()) and sees_all and where == CustomerFilter(q=where.q)


def count_customers(actor: Actor, where: CustomerFilter, *, shown: int = 0) -> Count:
    """How many customers a filter lets through; about how many where counting would take long.

    Of those ``shown`` one knows already.
    """
    _demand(actor, where)
    if _is_bare_search(actor, where):
        words = searching.query(actor, where.q)
        also = searching.exact(actor, where.q)
        number = searching.count_found(words, searching.MOST_FOUND, also=also) if words else 0
        return Count(number, exact=True)
    sees = actor.reach, access.sees_everybody(actor), access.closed(actor)
    same = "customers", sees, where.model_dump_json(), timezone.localdate()
    within = COUNTED_WITHIN if where.filter or where.q else None
    return kept_count(
        lambda: _together(_parts(actor, where)),
        same=same,
        within=within,
        shown=shown,
        many=lambda: _are_many(actor, where),
    )


def _are_many(actor: Actor, where: CustomerFilter) -> bool:
    """Whether the index of its one condition tells that too many fit to be counted."""
    tree = where.tree()
    if len(tree.of) != 1 or where != CustomerFilter(filter=where.filter) or not access.sees_everybody(actor):
        return False
    told = list(filters.apart(tree, filters.terms(actor), timezone.localdate()))
    return bool(told) and _more_than_few(told[0][0])


def _more_than_few(rows: QuerySet[Any]) -> bool:
    return rows.order_by()[: FEW + 1].count() > FEW


def _together(parts: list[QuerySet[Customer]]) -> QuerySet[Any, Any]:
    return (
        parts[0].values("pk").union(*(each.values("pk") for each in parts[1:]), all=True)
        if parts[1:]
        else parts[0]
    )


def list_customers(
    actor: Actor, where: CustomerFilter, *, sort: Sort = "name", after: str = "", limit: int = 50
) -> Page[CustomerRow]:
    """One page of customers. Raises ``TookTooLong`` for a filter that reads too many to find a page."""
    known = filters.terms(actor)
    filters.check(where.tree(), known)
    found = (_list if where.q else _kept_list)(
        actor,
        where.model_dump_json(),
        sort,
        timezone.get_current_timezone_name(),
        timezone.localdate(),
        _sorted_by(actor, sort),
        _few(where, known),
    )
    if not where.filter:
        return _veiled(actor, found.page(after, limit))
    try:
        with bounded(READ_WITHIN):
            return _veiled(actor, found.page(after, limit))
    except TookTooLong as error:
        raise TookTooLong(_narrower(actor, where)) from error


def _veiled(actor: Actor, found: Page[CustomerRow]) -> Page[CustomerRow]:
    return replace(found, rows=[cast(CustomerRow, veiled_row(actor, row)) for row in found.rows])


def _demand(actor: Actor, where: CustomerFilter) -> None:
    """What has been kept of a list says nothing to whom its filter is forbidden."""
    if (tree := where.tree()).of:
        filters.check(tree, filters.terms(actor))


def _narrower(actor: Actor, where: CustomerFilter) -> str:
    """What to do about a filter that takes too long."""
    known = filters.terms(actor)
    blamed = [str(known[each.field].label) for each in filters.slow(where.tree(), known)]
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


def _asked_of(actor: Actor, where: CustomerFilter, own: Own) -> Q:
    known = filters.terms(actor)
    asked = filters.about(where.tree(), own.name, known, timezone.localdate())
    return Q(*(on_values(own, *each) for each in asked))


def _list(
    actor: Actor,
    where: str,
    sort: Sort,
    _zone: str,
    _today: datetime.date,
    own: Own | None,
    few: int,
) -> Keyset[CustomerRow]:
    """A list by all that decides on its SQL; no rows."""
    name = sort.removeprefix("-")
    sign = "-" if sort.startswith("-") else ""
    question = CustomerFilter.model_validate_json(where)
    parts, every = _parts(actor, question, few), Customer.objects.all()
    if own:
        column, twin = ORDERED[is_number(own)], f"{SORTED}__customer_id"
        asked = _asked_of(actor, question, own)
        parts, every = [with_values(each, own).filter(asked) for each in parts], with_values(every, own)
    else:
        column, twin = SORTS[name]
    columns = (*COLUMNS, column) if own else COLUMNS
    if len(parts) > 1:
        return Keyset(every.values(*columns), order=[sign + column], twin=twin, parts=parts)
    rows: QuerySet[Customer, CustomerRow] = parts[0].values(*columns)
    around = (
        every.filter(access.reach(actor)).values(*columns) if question.q or question.filter or own else None
    )
    choose = None
    if name == "name" and _is_bare_search(actor, question):
        words = searching.query(actor, question.q)
        also = searching.exact(actor, question.q)
        choose = functools.partial(searching.first_found, words, also=also) if words else None
    return Keyset(
        rows, order=[sign + column], twin=twin, plan_for=str(actor.tenant_id), around=around, choose=choose
    )


_kept_list = functools.lru_cache(maxsize=500)(_list)


def tags_of(customer_ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, list[Row]]:
    """The tags of some customers. One SQL statement."""
    found: dict[uuid.UUID, list[Row]] = defaultdict(list)
    for link in _tag_links(CustomerTag.objects.filter(customer__in=list(customer_ids))):
        found[link["customer_id"]].append(link)  # type: ignore[index]
    return dict(found)


def _tag_links(links: QuerySet[CustomerTag]) -> QuerySet[CustomerTag, Row]:
    named = links.order_by("tag__name")
    return named.values("customer_id", "tag_id", name=F("tag__name"), colour=F("tag__colour"))


# the tags of one customer
tags_of_one: Planned[Row] = Planned(
    lambda customer: _tag_links(CustomerTag.objects.filter(customer=customer))
)


def quick_search(actor: Actor, text: str, *, limit: int = 8) -> list[Row]:
    """The first few customers for the command palette, those first whose code or number this is as a whole.

    One SQL statement for a name, more for a number.
    """
    words = searching.query(actor, text)
    if words is None:
        return []
    if not sees_all_words(actor):
        some: Any = _found_openly(actor, CustomerFilter(q=text), words)
    elif access.sees_everybody(actor):
        some = searching.first_found(words, wanted=limit)
    else:
        some = searching.found(words)
    rows = access.customers(actor).order_by("name_key", "id").values("id", "code", "name", "city", "status")
    also = searching.exact(actor, text)
    exact = list(rows.filter(pk__in=also)[:limit]) if also else []
    found = rows.filter(pk__in=some).exclude(pk__in=also)[: limit - len(exact)]
    return [veiled_row(actor, row) for row in (*exact, *found)]


def used_values(actor: Actor, column: Literal["source", "country"]) -> list[str]:
    """The distinct values of a column of visible customers: a skip through its index, or a scan of few."""
    if column in access.closed(actor):
        return []
    found = {
        value
        for each in access.grounds(actor)
        for value in _used_values(Customer.objects.filter(each), column)
    }
    return sorted(found)[:MOST_VALUES]


def _used_values(visible: QuerySet[Customer], column: str) -> Iterator[str]:
    rows = visible.exclude(**{column: ""}).order_by(column)
    value: str | None = ""
    for _each in range(MOST_VALUES):
        value = rows.filter(**{f"{column}__gt": value}).values_list(column, flat=True).first()
        if value is None:
            return
        yield value


def saved_views(actor: Actor, page: str) -> list[SavedView]:
    return _saved_views(actor, page)(actor.tenant_id)


@functools.lru_cache(maxsize=500)
def _saved_views(actor: Actor, page: str) -> Planned[SavedView]:
    return Planned(lambda _key: access.saved_views(actor, page).order_by("created_at"))
