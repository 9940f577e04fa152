"""Reads of opportunities, each with a fixed number of SQL statements."""

from zhiyin.sales.queries.leads import (
    LEAD_SORTS,
    LeadFilter,
    LeadSort,
    lead_row,
    likely_customers,
    list_leads,
)
from zhiyin.sales.queries.opportunities import (
    SORTS,
    OpportunityFilter,
    OpportunitySort,
    Sums,
    close_reasons,
    is_stuck,
    list_opportunities,
    matching_opportunities,
    opportunity_row,
    stages_of,
    stays_of,
    stuck,
    sum_opportunities,
    with_open_deals,
)

__all__ = [
    "LEAD_SORTS",
    "SORTS",
    "LeadFilter",
    "LeadSort",
    "OpportunityFilter",
    "OpportunitySort",
    "Sums",
    "close_reasons",
    "is_stuck",
    "lead_row",
    "likely_customers",
    "list_leads",
    "list_opportunities",
    "matching_opportunities",
    "opportunity_row",
    "stages_of",
    "stays_of",
    "stuck",
    "sum_opportunities",
    "with_open_deals",
]
