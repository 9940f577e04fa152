"""What a deal is about: its products, who decides on the customer's side, who else wants it."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from zhiyin.commerce.models import Product
from zhiyin.commerce.money import LARGEST, checked_amount, rounded
from zhiyin.customers import access as customers
from zhiyin.customers.choices import BuyingRole
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.platform.pinyin import name_key
from zhiyin.platform.record import record
from zhiyin.platform.text import checked
from zhiyin.sales import access
from zhiyin.sales.choices import StageKind
from zhiyin.sales.events import CompetitorChanged, OpportunityChanged
from zhiyin.sales.models import (
    Competitor,
    Opportunity,
    OpportunityCompetitor,
    OpportunityLine,
    OpportunityPerson,
)

MOST = 100


@dataclass(frozen=True, slots=True)
class DealLine:
    """So many of a product; at its list price where no ``unit_price`` is given."""

    product_id: uuid.UUID
    quantity: Decimal = Decimal(1)
    unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DealPerson:
    customer_id: uuid.UUID
    role: BuyingRole


@dataclass(frozen=True, slots=True)
class DealRival:
    """A competitor by name, a new one where there is none yet; ``won`` where they got the deal."""

    name: str
    note: str = ""
    won: bool = False


def set_lines(
    *,
    actor: Actor,
    opportunity_id: uuid.UUID,
    lines: Sequence[DealLine],
    version: int | None = None,
    now: datetime.datetime,
) -> Opportunity:
    """All products of an open deal, in their order; its amount follows: their sum less the discount.

    Raises ``Invalid``, and ``Conflict`` when somebody changed the deal since ``version``.
    """
    found = _begin(actor, opportunity_id, lines, version)
    if found.state != StageKind.OPEN:
        raise Invalid(_("What is closed keeps its products."))
    products = Product.objects.in_bulk({each.product_id for each in lines})
    before = [str(each) for each in found.lines.order_by("position").values_list("product__code", flat=True)]
    made = [_line(found, place, each, products.get(each.product_id)) for place, each in enumerate(lines, 1)]
    changes: dict[str, list[Any]] = {"products": [before, [each.product.code for each in made]]}
    if made:
        amount = checked_amount(sum((each.amount for each in made), Decimal(0)) - found.discount, "quantity")
        if amount < 0:
            raise Invalid(_("The discount is more than the products come to."), field="discount")
        changes["amount"] = [found.amount, amount]
        found.amount = amount
    found.lines.all().delete()
    OpportunityLine.objects.bulk_create(made)
    return _end(actor, found, changes, now)


def set_people(
    *,
    actor: Actor,
    opportunity_id: uuid.UUID,
    people: Sequence[DealPerson],
    version: int | None = None,
    now: datetime.datetime,
) -> Opportunity:
    """All people on the customer's side with their parts; those whom the actor may not see stay as they are."""
    found = _begin(actor, opportunity_id, people, version)
    wanted = {each.customer_id: each.role for each in people}
    if len(wanted) != len(people):
        raise Invalid(_("Somebody is named twice."), field="customer_id")
    seen = set(customers.customers(actor, "read").filter(pk__in=wanted).values_list("pk", flat=True))
    if seen != set(wanted):
        raise Invalid(_("There is no such customer."), field="customer_id")
    there = dict(found.people.values_list("customer_id", "role"))
    known = set(customers.customers(actor, "read").filter(pk__in=there).values_list("pk", flat=True))
    found.people.filter(customer__in=known).delete()
    OpportunityPerson.objects.bulk_create(
        OpportunityPerson(opportunity=found, customer_id=key, role=role) for key, role in wanted.items()
    )
    before = sorted(there[key] for key in known)
    return _end(actor, found, {"people": [before, sorted(wanted.values())]}, now)


def set_rivals(
    *,
    actor: Actor,
    opportunity_id: uuid.UUID,
    rivals: Sequence[DealRival],
    version: int | None = None,
    now: datetime.datetime,
) -> Opportunity:
    """All competitors for a deal. At most one of them has won it, and only one that is lost."""
    found = _begin(actor, opportunity_id, rivals, version)
    winners = sum(each.won for each in rivals)
    if winners > 1 or (winners and found.state != StageKind.LOST):
        raise Invalid(_("Only a deal that is lost was won by another, and by one."), field="won")
    known = [_competitor(each.name) for each in rivals]
    if len({each.pk for each in known}) != len(known):
        raise Invalid(_("A competitor is named twice."), field="name")
    before = sorted(found.competitors.values_list("competitor__name", flat=True))
    found.competitors.all().delete()
    OpportunityCompetitor.objects.bulk_create(
        OpportunityCompetitor(
            opportunity=found, competitor=competitor, note=checked(each.note, "note", 500), won=each.won
        )
        for each, competitor in zip(rivals, known, strict=True)
    )
    return _end(actor, found, {"competitors": [before, sorted(each.name for each in known)]}, now)


def update_competitor(
    *, actor: Actor, competitor_id: uuid.UUID, strengths: str, weaknesses: str, now: datetime.datetime
) -> Competitor:
    """What is known of a competitor. Raises ``NotFound``."""
    actor.require("sales.manage")
    found = access.competitor(competitor_id, lock=True)
    before = {"strengths": found.strengths, "weaknesses": found.weaknesses}
    found.strengths, found.weaknesses = (
        checked(strengths, "strengths", 5000),
        checked(weaknesses, "weaknesses", 5000),
    )
    found.save(update_fields=["strengths", "weaknesses"])
    changes = {
        name: [old, getattr(found, name)] for name, old in before.items() if getattr(found, name) != old
    }
    record(
        CompetitorChanged(found.pk), actor=actor, now=now, subject=("competitor", found.pk), changes=changes
    )
    return found


def _begin(
    actor: Actor, opportunity_id: uuid.UUID, rows: Sequence[object], version: int | None
) -> Opportunity:
    actor.require("sales.edit")
    found = access.opportunity(actor, opportunity_id, need="write", lock=True)
    if version is not None and version != found.version:
        raise Conflict
    if len(rows) > MOST:
        raise Invalid(_("These are too many."))
    return found


def _end(
    actor: Actor, found: Opportunity, changes: Mapping[str, list[Any]], now: datetime.datetime
) -> Opportunity:
    different = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    found.version, found.updated_at = found.version + 1, now
    found.save(update_fields=["amount", "version", "updated_at"])
    record(
        OpportunityChanged(found.pk, "changed"),
        actor=actor,
        now=now,
        subject=("opportunity", found.pk),
        changes=different,
    )
    return found


def _line(found: Opportunity, place: int, each: DealLine, product: Product | None) -> OpportunityLine:
    if product is None:
        raise Invalid(_("There is no product of this code."), field="product_id")
    quantity = checked_amount(each.quantity, "quantity")
    if quantity <= 0:
        raise Invalid(_("A quantity is more than nothing."), field="quantity")
    price = each.unit_price
    if price is None and product.currency == found.currency:
        price = product.price
    if price is None:
        told = _("Give a price for %(product)s in %(currency)s: it has none.")
        raise Invalid(
            told % {"product": product.name or product.code, "currency": found.currency}, field="unit_price"
        )
    price = checked_amount(price, "unit_price")
    if price < 0:
        raise Invalid(_("This cannot be negative."), field="unit_price")
    if quantity * price >= LARGEST:
        raise Invalid(_("This is not a number that can be kept."), field="quantity")
    return OpportunityLine(
        opportunity=found,
        position=place,
        product=product,
        quantity=quantity,
        unit_price=price,
        amount=rounded(quantity * price),
    )


def _competitor(name: str) -> Competitor:
    name = checked(name, "name", 200).strip()
    if not name:
        raise Invalid(_("A competitor needs a name."), field="name")
    return Competitor.objects.get_or_create(name_key=name_key(name), defaults={"name": name})[0]
