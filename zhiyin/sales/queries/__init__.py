"""Reads of opportunities, each with a fixed number of SQL statements."""

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
    "SORTS",
    "OpportunityFilter",
    "OpportunitySort",
    "Sums",
    "close_reasons",
    "is_stuck",
    "list_opportunities",
    "matching_opportunities",
    "opportunity_row",
    "stages_of",
    "stays_of",
    "stuck",
    "sum_opportunities",
    "with_open_deals",
]
