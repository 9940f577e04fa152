"""What a deal is about, and how deals with each competitor ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from zhiyin.customers import access as customers
from zhiyin.platform.actors import Actor
from zhiyin.sales import access
from zhiyin.sales.choices import StageKind
from zhiyin.sales.models import (
    Competitor,
    Opportunity,
    OpportunityCompetitor,
    OpportunityLine,
    OpportunityPerson,
)
from zhiyin.sales.queries.funnel import Share


@dataclass(frozen=True, slots=True)
class Contents:
    """``hidden`` counts people whom the actor may not see."""

    lines: Sequence[OpportunityLine]
    people: Sequence[OpportunityPerson]
    hidden: int
    competitors: Sequence[OpportunityCompetitor]


def contents(actor: Actor, opportunity: Opportunity) -> Contents:
    """The products, people and competitors of a deal. Four SQL statements."""
    people = list(opportunity.people.select_related("customer").order_by("customer__name_key", "pk"))
    seen = set(
        customers.customers(actor)
        .filter(pk__in=[each.customer_id for each in people])
        .values_list("pk", flat=True)
    )
    told = [each for each in people if each.customer_id in seen]
    return Contents(
        lines=list(opportunity.lines.select_related("product").order_by("position")),
        people=told,
        hidden=len(people) - len(told),
        competitors=list(
            opportunity.competitors.select_related("competitor").order_by("competitor__name", "pk")
        ),
    )


@dataclass(frozen=True, slots=True)
class Rivalry:
    """A competitor, in how many visible deals they are, how often one of these was won, and lost to them."""

    competitor: Competitor
    open: int
    won: Share
    lost_to: int


def rivalries(actor: Actor) -> list[Rivalry]:
    """All competitors by name. Two SQL statements."""
    visible = access.opportunities(actor).order_by().values("pk")
    rows = OpportunityCompetitor.objects.filter(opportunity__in=visible).order_by().values("competitor_id")
    kept = {
        row["competitor_id"]: row
        for row in rows.annotate(
            open=Count("pk", filter=Q(opportunity__state=StageKind.OPEN)),
            ours=Count("pk", filter=Q(opportunity__state=StageKind.WON)),
            lost=Count("pk", filter=Q(opportunity__state=StageKind.LOST)),
            theirs=Count("pk", filter=Q(won=True)),
        )
    }
    nothing = {"open": 0, "ours": 0, "lost": 0, "theirs": 0}
    found = []
    for each in Competitor.objects.filter(archived_at=None).order_by("name"):
        row = kept.get(each.pk, nothing)
        found.append(Rivalry(each, row["open"], Share(row["ours"], row["ours"] + row["lost"]), row["theirs"]))
    return found
