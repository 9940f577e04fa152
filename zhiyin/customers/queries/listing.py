"""Lists of customers: filter, search, sort, page."""

import datetime
import functools
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypedDict

from django.db.models import DateField, Exists, F, Func, OuterRef, Q, QuerySet
from django.utils import timezone
from pydantic import BaseModel, Field, FiniteFloat, StringConstraints

from zhiyin.accounts.models import Member, Unit
from zhiyin.customers import access
from zhiyin.customers.choices import CustomerKind, Stage, Status
from zhiyin.customers.models import Customer, CustomerTag, Relation, SavedView, Tag
from zhiyin.customers.queries import searching
from zhiyin.customers.queries.counting import Count, kept_count
from zhiyin.platform.actors import Actor
from zhiyin.platform.database.planned import Planned
from zhiyin.platform.errors import PermissionDenied
from zhiyin.platform.paging import Keyset, Page
from zhiyin.platform.times import midnight

Row = Mapping[str, object]
NOBODY = "none"
Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Cell = Annotated[str, StringConstraints(pattern=r"^[1-5][1-5]$")]
Someone = uuid.UUID | Literal["none"]
_KEY = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
RelatedTo = Annotated[str, StringConstraints(pattern=rf"^{_KEY}:{_KEY}:(in|out)$")]
Sort = Literal[
    "name", "-name", "created", "-created", "value", "-value", "alive", "-alive", "last", "-last",
    "spend", "-spend",
]  # fmt: skip

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

    def is_empty(self) -> bool:
        return self == CustomerFilter()


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
    value__orders: int | None
    value__spend_key: float | None
    value__last_at: datetime.datetime | None
    value__value: float | None
    value__value_low: float | None
    value__value_high: float | None
    value__alive: float | None
    value__group: str | None


COLUMNS = tuple(CustomerRow.__annotations__)


def matching(actor: Actor, where: CustomerFilter) -> QuerySet[Customer]:
    """The visible customers that a filter lets through. Raises ``PermissionDenied`` for what is hidden."""
    _demand(actor, where)
    rows = access.customers(actor)
    for name in ("kind", "status", "stage", "source", "country"):
        if values := getattr(where, name):
            rows = rows.filter(**{f"{name}__in": values})
    for name in ("owner", "unit"):
        if people := getattr(where, name):
            rows = rows.filter(_someone(name, people))
    for tag in where.tag:
        rows = rows.filter(Exists(CustomerTag.objects.filter(customer=OuterRef("pk"), tag=tag)))
    for link in where.related:
        rows = rows.filter(pk__in=_related(actor, link))
    rows = rows.filter(_by_value(where))
    if where.created_from:
        rows = rows.filter(created_at__gte=midnight(where.created_from))
    if where.created_to:
        rows = rows.filter(created_at__lt=midnight(where.created_to, days=1))
    if where.q.strip():
        words = searching.query(actor, where.q)
        most = searching.MOST_FOUND if _is_bare_search(actor, where) else None
        rows = rows.filter(pk__in=searching.found(words, most=most)) if words else rows.none()
    return rows


def _related(actor: Actor, link: str) -> QuerySet[Relation, Any]:
    """The customers at the other ends of a visible customer's lasting relations."""
    customer, kind, way = link.split(":")
    here, there = ("target", "source") if way == "in" else ("source", "target")
    # the database's day, since the statement of a list is kept
    today = Func(function="CURRENT_DATE", template="%(function)s", output_field=DateField())
    lasting = Relation.objects.filter(Q(until=None) | Q(until__gte=today), type=uuid.UUID(kind))
    ends = lasting.filter(**{f"{here}__in": access.customers(actor).filter(pk=customer)})
    other: QuerySet[Relation, Any] = ends.values(there)
    return other


def _is_bare_search(actor: Actor, where: CustomerFilter) -> bool:
    """Whether nothing but words narrows the list."""
    return bool(where.q.strip()) and actor.scope == "all" and where == CustomerFilter(q=where.q)


def count_customers(actor: Actor, where: CustomerFilter) -> Count:
    """How many customers a filter lets through; two SQL statements at most."""
    _demand(actor, where)
    if _is_bare_search(actor, where):
        words = searching.query(actor, where.q)
        return Count(searching.count_found(words) if words else 0, exact=True)
    same = "customers", actor.reach, where.model_dump_json()
    return kept_count(lambda: matching(actor, where), same=same)


def list_customers(
    actor: Actor, where: CustomerFilter, *, sort: Sort = "name", after: str = "", limit: int = 50
) -> Page[CustomerRow]:
    """One page of customers. Two SQL statements at most."""
    found = (_list if where.q else _kept_list)(
        actor, where.model_dump_json(), sort, timezone.get_current_timezone_name()
    )
    return found.page(after, limit)


def _list(actor: Actor, where: str, sort: Sort, _zone: str) -> Keyset[CustomerRow]:
    """A list by all that decides on its SQL; no rows."""
    name = sort.removeprefix("-")
    if name in access.hidden(actor):
        raise PermissionDenied
    column, twin = SORTS[name]
    sign = "-" if sort.startswith("-") else ""
    question = CustomerFilter.model_validate_json(where)
    rows: QuerySet[Customer, CustomerRow] = matching(actor, question).values(*COLUMNS)
    around = access.customers(actor).values(*COLUMNS) if question.q else None
    choose = None
    if name == "name" and _is_bare_search(actor, question):
        words = searching.query(actor, question.q)
        choose = functools.partial(searching.first_found, words) if words else None
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
    """The first few customers for the command palette. One SQL statement."""
    words = searching.query(actor, text)
    if words is None:
        return []
    found = searching.first_found(words, wanted=limit) if actor.scope == "all" else searching.found(words)
    rows = access.customers(actor).filter(pk__in=found)
    return list(rows.order_by("name_key", "id").values("id", "code", "name", "city", "status")[:limit])


def tags() -> list[Tag]:
    return list(Tag.objects.order_by("name"))


def owners(actor: Actor) -> list[Row]:
    """The members to whom this actor may give customers: those within its own scope."""
    members = Member.objects.filter(is_active=True)
    if actor.scope != "all":
        units_reached = () if actor.scope == "own" else actor.unit_ids
        members = members.filter(Q(unit__in=units_reached) | Q(pk__in=[actor.member_id]))
    return list(members.order_by("name_key", "name").values("id", "name", "unit__name"))


def units(actor: Actor) -> list[Row]:
    rows = Unit.objects.all() if actor.scope == "all" else Unit.objects.filter(pk__in=actor.unit_ids)
    return list(rows.order_by("path").values("id", "name"))


def used_values(actor: Actor, column: Literal["source", "country"]) -> list[str]:
    """The distinct values of a column of visible customers: a skip through its index, or a scan of few."""
    rows = access.customers(actor).exclude(**{column: ""}).order_by(column)
    found: list[str] = []
    value = ""
    while len(found) < 200:
        following = rows.filter(**{f"{column}__gt": value}).values_list(column, flat=True).first()
        if following is None:
            break
        found.append(following)
        value = following
    return found


def labels(where: CustomerFilter) -> dict[str, str]:
    """The names behind the ids in a filter, by id."""
    names: dict[str, str] = {}
    for model, ids in ((Member, where.owner), (Unit, where.unit), (Tag, where.tag)):
        wanted = [each for each in ids if isinstance(each, uuid.UUID)]
        if wanted:
            rows = model._default_manager.filter(pk__in=wanted).values_list("pk", "name")
            names |= {str(key): name for key, name in rows}
    return names


def saved_views(actor: Actor, page: str) -> list[SavedView]:
    return _saved_views(actor, page)(actor.tenant_id)


@functools.lru_cache(maxsize=500)
def _saved_views(actor: Actor, page: str) -> Planned[SavedView]:
    return Planned(lambda _key: access.saved_views(actor, page).order_by("created_at"))


def _demand(actor: Actor, where: CustomerFilter) -> None:
    if access.hidden(actor) & where.model_dump(exclude_defaults=True).keys():
        raise PermissionDenied


def _someone(column: str, people: list[Someone]) -> Q:
    ids = [each for each in people if isinstance(each, uuid.UUID)]
    condition = Q(**{f"{column}__in": ids}) if ids else Q()
    return condition | Q(**{f"{column}__isnull": True}) if NOBODY in people else condition


def _by_value(where: CustomerFilter) -> Q:
    """What the last analysis knows; customers that it does not know have never bought."""
    condition = Q()
    if where.ordered is not None:
        condition &= Q(value__orders__isnull=not where.ordered)
    if where.group:
        condition &= Q(value__group__in=where.group)
    if where.last_from:
        condition &= Q(value__last_at__gte=midnight(where.last_from))
    if where.last_to:
        condition &= Q(value__last_at__lt=midnight(where.last_to, days=1))
    if where.value_min is not None:
        condition &= Q(value__value__gte=where.value_min)
    if where.value_max is not None:
        condition &= Q(value__value__lte=where.value_max)
    if where.spend_min is not None:
        condition &= Q(value__spend_key__gte=where.spend_min)
    if where.alive_max is not None:
        condition &= Q(value__alive__lte=where.alive_max)
    if where.rfm:
        cells = Q()
        for cell in where.rfm:
            cells |= Q(value__recency_score=cell[0], value__frequency_score=cell[1])
        condition &= cells
    return condition
