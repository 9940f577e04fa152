"""Where opportunities tell of somebody."""

from django.db.models import Q

from zhiyin.customers.actions.erasure import before_erasure, sweeps
from zhiyin.customers.actions.erasure.person import Person
from zhiyin.sales.models import Lead, Opportunity, OpportunityCompetitor

sweeps(Opportunity, "name", "details", "next_step", "reason_text")
sweeps(OpportunityCompetitor, "note")
sweeps(Lead, "name", "company", "details", "reason")


@before_erasure
def name_opportunities(person: Person) -> dict[str, int]:
    """The opportunities with a person go with him, so what the audit log says of them does too."""
    rows = Opportunity.objects.filter(customer__in=person.ids)
    person.objects.extend(rows.values_list("pk", flat=True))
    return {}


@before_erasure
def clear_leads(person: Person) -> dict[str, int]:
    """Leads that became this person, or that are reached the same way and became nobody, go."""
    reached = Q(phone_key__in=person.words) | Q(email_key__in=person.words)
    found = Lead.objects.filter(Q(customer__in=person.ids) | (Q(customer=None) & reached))
    person.objects.extend(found.values_list("pk", flat=True))
    count, _by_model = found.delete()
    return {"leads": count}
