"""Measures of the relationship: its length, depth and breadth, of one customer and of all."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count

from zhiyin.customers import access
from zhiyin.customers.choices import StandardRelation, Status
from zhiyin.customers.fields.registry import PREFIX, Registry, registry
from zhiyin.customers.models import Customer, FieldValue, Relation, StatusChange
from zhiyin.platform.actors import Actor

# ready-made fields that measure depth
SAID = ("wallet_share", "satisfaction")
COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Relationship:
    """Measures of one customer's relationship. ``moves`` are the changes of status, the oldest first.

    ``said`` has what is known of the fields in ``SAID``, without those that there are not or that the role does not
    see, in part what it sees masked. ``referred`` counts whom the actor sees.
    """

    moves: list[StatusChange]
    referred: int
    said: Mapping[str, Any]

    @property
    def since(self) -> datetime.datetime | None:
        """When the present status began."""
        return self.moves[-1].changed_at if self.moves else None

    @property
    def times_lost(self) -> int:
        return sum(each.status == Status.LOST for each in self.moves)

    @property
    def times_won_back(self) -> int:
        return sum(each.status == Status.WON_BACK for each in self.moves)


def relationship(actor: Actor, customer: Customer, known: Registry, *, most: int = 200) -> Relationship:
    """Of a customer as ``record_customer`` gives it, with the actor's fields. Three SQL statements at most."""
    changes = StatusChange.objects.filter(customer=customer.pk).order_by("-changed_at", "-id")[:most]
    steps: list[StatusChange] = []
    for each in reversed(changes):
        if not steps or steps[-1].status != each.status:
            steps.append(each)
    # "referred by" leads from who came to who referred
    came = Relation.objects.filter(target=customer.pk, type__code=StandardRelation.REFERRED_BY)
    ids = list(came.values_list("source_id", flat=True)[:COUNTED])
    referred = access.customers(actor).filter(pk__among=ids).count() if ids else 0
    seen = {each.key for each in known.own(customer.kind)}
    said = {key: customer.custom.get(key) for key in SAID if key in seen}
    return Relationship(steps, referred, said)


@dataclass(frozen=True, slots=True)
class Average:
    """The mean of a field, and of how many customers it is known."""

    mean: float | None
    known: int


@dataclass(frozen=True, slots=True)
class BaseMeasures:
    """``stages`` counts customers by lifecycle stage (length); the rest is depth.

    ``said`` has the averages of the fields in ``SAID`` that the actor's role sees whole; ``referred`` customers came
    through ``referrers`` others.
    """

    stages: Mapping[str, int]
    said: Mapping[str, Average]
    referred: int
    referrers: int


def base_measures(actor: Actor) -> BaseMeasures:
    """Of all customers but restricted ones. Five SQL statements at most."""
    actor.require("insight.company")
    everybody = access.unrestricted(Customer.objects.all())
    stages = everybody.exclude(stage="").order_by().values_list("stage").annotate(n=Count("pk"))
    whole = {each.name: each for each in registry(actor) if not each.masked}
    said = {
        key: _average(own.pk)
        for key in SAID
        if (field := whole.get(PREFIX + key)) and (own := field.own) is not None
    }
    came = Relation.objects.filter(type__code=StandardRelation.REFERRED_BY, source__in=everybody)
    counted = came.aggregate(
        referred=Count("source", distinct=True), referrers=Count("target", distinct=True)
    )
    return BaseMeasures(dict(stages), said, **counted)


def _average(field_id: uuid.UUID) -> Average:
    everybody = access.unrestricted(Customer.objects.all())
    values = FieldValue.objects.filter(field_id=field_id, customer_id__in=everybody.values("pk"))
    return Average(**values.aggregate(mean=Avg("number"), known=Count("number")))
