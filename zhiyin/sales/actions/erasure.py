"""Where opportunities tell of somebody."""

from zhiyin.customers.actions.erasure import before_erasure, sweeps
from zhiyin.customers.actions.erasure.person import Person
from zhiyin.sales.models import Opportunity, OpportunityCompetitor

sweeps(Opportunity, "name", "details", "next_step", "reason_text")
sweeps(OpportunityCompetitor, "note")


@before_erasure
def name_opportunities(person: Person) -> dict[str, int]:
    """The opportunities with a person go with him, so what the audit log says of them does too."""
    rows = Opportunity.objects.filter(customer__in=person.ids)
    person.objects.extend(rows.values_list("pk", flat=True))
    return {}
