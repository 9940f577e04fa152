"""Lists of leads."""

import datetime
import uuid
from collections.abc import Mapping
from typing import Any, Literal

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Replace
from django.db.models.lookups import Contains
from django.utils import timezone
from pydantic import BaseModel, Field

from zhiyin.customers import access as customers
from zhiyin.customers.queries import Likely, likely
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.platform.paging import Page, keyset
from zhiyin.platform.pinyin import normalise
from zhiyin.sales import access
from zhiyin.sales.choices import LeadOrigin, LeadState
from zhiyin.sales.models import Lead, LeadForm
from zhiyin.sales.queries.opportunities import Someone, Text

Row = Mapping[str, object]
LeadSort = Literal["name", "-name", "created", "-created"]
LEAD_SORTS = {"name": "name_key", "created": "created_at"}
COLUMNS = (
    "id", "name", "name_key", "company", "phone", "email", "city", "origin", "source", "campaign", "details", "consent", "state",
    "reason", "owner_id", "owner__name", "answer_by", "answered_at", "customer_id", "opportunity_id", "converted_at", "created_at",
    "version",
)  # fmt: skip
CONTACT_FIELDS = ("phone", "email")


class LeadFilter(BaseModel):
    """Which leads a list shows. Values of one field are alternatives, fields narrow each other."""

    q: Text = Field("", description="Part of the name or its pinyin, or of the company.")
    state: list[LeadState] = []
    origin: list[LeadOrigin] = []
    owner: list[Someone] = Field([], description="Members, or none for leads without an owner.")
    source: list[Text] = []
    campaign: list[Text] = []
    created_from: datetime.date | None = None
    created_to: datetime.date | None = None
    overdue: bool | None = Field(None, description="Whether nobody took it up by when a rule wanted that.")
    waiting: bool | None = Field(None, description="Whether nobody has taken it up yet.")


def matching_leads(actor: Actor, where: LeadFilter) -> QuerySet[Lead]:
    """The visible leads that a filter lets through."""
    rows = access.leads(actor)
    for word in normalise(where.q).split():
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(company__icontains=word)
            | Q(Contains(Replace(F("name_key"), Value(" "), Value("")), word))
        )
    for name in ("state", "origin", "source", "campaign"):
        if values := getattr(where, name):
            rows = rows.filter(**{f"{name}__in": values})
    if where.owner:
        named = [each for each in where.owner if each != "none"]
        rows = rows.filter(Q(owner__in=named) | (Q(owner=None) if "none" in where.owner else Q(pk__in=[])))
    bounds = {"created_at__date__gte": where.created_from, "created_at__date__lte": where.created_to}
    rows = rows.filter(**{name: value for name, value in bounds.items() if value is not None})
    if where.waiting is not None:
        rows = rows.filter(answered_at__isnull=where.waiting)
    if where.overdue is not None:
        late = Q(answered_at=None, answer_by__lte=timezone.now(), state=LeadState.NEW)
        rows = rows.filter(late if where.overdue else ~late)
    return rows


def list_leads(
    actor: Actor, where: LeadFilter, *, sort: LeadSort = "-created", after: str = "", limit: int = 50
) -> Page[Row]:
    """One page of leads. One SQL statement, and one where customers in pools are nobody's to see."""
    sign = "-" if sort.startswith("-") else ""
    rows: QuerySet[Lead, Row] = matching_leads(actor, where).values(*COLUMNS)
    page = keyset(rows, order=[sign + LEAD_SORTS[sort.removeprefix("-")]], after=after, limit=limit)
    return Page(_told(actor, page.rows), page.next, page.previous)


def lead_row(actor: Actor, lead_id: uuid.UUID) -> dict[str, Any]:
    """One lead as the list has it. Raises ``NotFound``."""
    row = access.leads(actor).filter(pk=lead_id).values(*COLUMNS).first()
    if row is None:
        raise NotFound
    return dict(_told(actor, [row])[0])


def made_lead_row(actor: Actor, made: Lead) -> dict[str, Any]:
    """A lead that this actor has just made, whoever got it by the rules."""
    row = Lead.objects.filter(pk=made.pk).values(*COLUMNS).get()
    return dict(_told(actor, [row])[0])


def likely_customers(actor: Actor, lead: Lead) -> Likely:
    """Whom a lead may be already. Ten SQL statements at most."""
    return likely(actor, name=lead.company or lead.name, phone=lead.phone, email=lead.email)


def lead_forms() -> list[LeadForm]:
    """The forms, open ones first. One SQL statement."""
    return list(
        LeadForm.objects.select_related("owner").order_by(F("archived_at").desc(nulls_first=True), "name")
    )


def _told(actor: Actor, rows: list[Row]) -> list[Row]:
    """Without what this actor does not see of customers either: ways to reach them, and files out of reach."""
    empty: dict[str, object] = {name: "" for name in CONTACT_FIELDS if name in customers.closed(actor)}
    ids: set[Any] = {row["customer_id"] for row in rows if row["customer_id"]}
    seen = set(customers.customers(actor).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    gone = {"customer_id": None}
    return [{**row, **empty, **({} if row["customer_id"] in seen else gone)} for row in rows]
