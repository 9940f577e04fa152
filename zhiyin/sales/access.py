"""The only way to reach an opportunity: what this actor may see. Missing and forbidden look alike."""

import uuid

from django.db.models import Exists, OuterRef, Q, QuerySet

from zhiyin.customers import access as customers
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.sales.models import Competitor, Lead, LeadForm, LeadRule, Opportunity, Stage, Target, Territory


def opportunities(actor: Actor, need: customers.Need = "read") -> QuerySet[Opportunity]:
    """Opportunities within the actor's record scope, their own or their customer's; and those of customers shared.

    What is only shared is not the actor's to dispose of.
    """
    return _within(actor, Opportunity.objects.filter(removed_at=None), need)


def _within(actor: Actor, there: QuerySet[Opportunity], need: customers.Need) -> QuerySet[Opportunity]:
    shared = Q()
    if need != "full":
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
    actor: Actor,
    opportunity_id: uuid.UUID,
    *,
    need: customers.Need = "read",
    lock: bool = False,
    removed: bool = False,
) -> Opportunity:
    """One opportunity, or one that was ``removed``, locked against others' changes when asked.

    Raises ``NotFound``, and ``OnlyShared`` for one that is seen but not for what is needed.
    """
    if lock:
        # apart: a row whose stage changes while one waits for it would be lost from a join
        Opportunity.objects.select_for_update(no_key=True).filter(pk=opportunity_id).first()
    seen = _within(actor, Opportunity.objects.all(), need) if removed else opportunities(actor, need)
    rows = seen.select_related("stage", "furthest", "pipeline", "owner", "customer", "reason")
    found = rows.filter(pk=opportunity_id).first()
    if found is None:
        if need != "read" and opportunities(actor, "read").filter(pk=opportunity_id).exists():
            raise customers.OnlyShared
        raise NotFound
    return found


def stages() -> QuerySet[Stage]:
    """The stages that opportunities can stand in, in the order of pipelines and of each; anybody sees them."""
    there = Stage.objects.filter(archived_at=None, pipeline__archived_at=None).select_related("pipeline")
    return there.order_by("-pipeline__is_default", "pipeline__position", "pipeline__name", "position", "id")


def leads(actor: Actor) -> QuerySet[Lead]:
    """Leads within the actor's record scope; one that nobody owns is for who sees all."""
    there = Lead.objects.filter(removed_at=None)
    return _leads_within(actor, there)


def _leads_within(actor: Actor, there: QuerySet[Lead]) -> QuerySet[Lead]:
    match actor.scope:
        case "all":
            return there
        case "own":
            return there.filter(owner=actor.member_id)
        case _:
            return there.filter(Q(unit__in=actor.unit_ids) | Q(owner=actor.member_id))


def lead(actor: Actor, lead_id: uuid.UUID, *, lock: bool = False, removed: bool = False) -> Lead:
    """One lead, or one that was ``removed``, locked against others' changes when asked. Raises ``NotFound``."""
    if lock:
        Lead.objects.select_for_update(no_key=True).filter(pk=lead_id).first()
    seen = _leads_within(actor, Lead.objects.all()) if removed else leads(actor)
    found = seen.select_related("owner").filter(pk=lead_id).first()
    if found is None:
        raise NotFound
    return found


def lead_form(form_id: uuid.UUID, *, lock: bool = False) -> LeadForm:
    """One form, anybody's who sets sales up. Raises ``NotFound``."""
    rows = LeadForm.objects.select_for_update(no_key=True, of=("self",)) if lock else LeadForm.objects
    found = rows.select_related("owner").filter(pk=form_id).first()
    if found is None:
        raise NotFound
    return found


def open_lead_form(key: str) -> LeadForm | None:
    """The form of a public address, for whoever has it."""
    return LeadForm.objects.filter(key=key, archived_at=None).first()


def lead_rule(rule_id: uuid.UUID, *, lock: bool = False) -> LeadRule:
    """One rule, anybody's who sets sales up. Raises ``NotFound``."""
    rows = LeadRule.objects.select_for_update(no_key=True, of=("self",)) if lock else LeadRule.objects
    found = rows.select_related("escalate_to").filter(pk=rule_id).first()
    if found is None:
        raise NotFound
    return found


def territory(territory_id: uuid.UUID, *, lock: bool = False) -> Territory:
    """One territory, anybody's who sets sales up. Raises ``NotFound``."""
    rows = Territory.objects.select_for_update(no_key=True, of=("self",)) if lock else Territory.objects
    found = rows.select_related("owner").filter(pk=territory_id).first()
    if found is None:
        raise NotFound
    return found


def targets(actor: Actor) -> QuerySet[Target]:
    """The targets within the actor's record scope: of people, of units; the company's for who sees all."""
    match actor.scope:
        case "all":
            return Target.objects.all()
        case "own":
            return Target.objects.filter(member=actor.member_id)
        case _:
            within = Q(unit__in=actor.unit_ids) | Q(member__unit__in=actor.unit_ids)
            return Target.objects.filter(within | Q(member=actor.member_id))


def competitor(competitor_id: uuid.UUID, *, lock: bool = False) -> Competitor:
    """One competitor; anybody in sales sees them. Raises ``NotFound``."""
    rows = Competitor.objects.select_for_update(no_key=True) if lock else Competitor.objects
    found = rows.filter(pk=competitor_id).first()
    if found is None:
        raise NotFound
    return found
