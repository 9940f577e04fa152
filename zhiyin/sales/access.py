"""The only way to reach an opportunity: what this actor may see. Missing and forbidden look alike."""

import uuid

from django.db.models import Exists, OuterRef, Q, QuerySet

from zhiyin.customers import access as customers
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.sales.models import Opportunity


def opportunities(actor: Actor, need: customers.Need = "read") -> QuerySet[Opportunity]:
    """Opportunities within the actor's record scope, their own or their customer's; and those of customers shared."""
    there = Opportunity.objects.filter(removed_at=None)
    shared = Q(Exists(customers.shares(actor, need).filter(customer=OuterRef("customer"))))
    mine = [actor.member_id]
    match actor.scope:
        case "all":
            return there
        case "own":
            return there.filter(Q(owner__in=mine) | Q(customer__owner__in=mine) | shared)
        case _:
            within = Q(unit__in=actor.unit_ids) | Q(customer__unit__in=actor.unit_ids)
            return there.filter(within | Q(owner__in=mine) | Q(customer__owner__in=mine) | shared)


def opportunity(
    actor: Actor, opportunity_id: uuid.UUID, *, need: customers.Need = "read", lock: bool = False
) -> Opportunity:
    """One opportunity, locked against others' changes when asked.

    Raises ``NotFound``, and ``OnlyShared`` for one that is seen but not for what is needed.
    """
    rows = opportunities(actor, need).select_related("stage", "pipeline", "owner", "customer")
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    found = rows.filter(pk=opportunity_id).first()
    if found is None:
        if need != "read" and opportunities(actor).filter(pk=opportunity_id).exists():
            raise customers.OnlyShared
        raise NotFound
    return found
