"""For how long what is known of customers is kept."""

from zhiyin.customers.queries.retention.areas import Area, Records, Values, areas, areas_of, grouped_areas
from zhiyin.customers.queries.retention.due import (
    Found,
    Overdue,
    due,
    having,
    overdue,
    retention_runs,
)
from zhiyin.customers.queries.retention.holds import OnHold, held, holds_of, legal_holds
from zhiyin.customers.queries.retention.rules import kept_for, retention_rules, rules_about

__all__ = [
    "Area",
    "Found",
    "OnHold",
    "Overdue",
    "Records",
    "Values",
    "areas",
    "areas_of",
    "due",
    "grouped_areas",
    "having",
    "held",
    "holds_of",
    "kept_for",
    "legal_holds",
    "overdue",
    "retention_rules",
    "retention_runs",
    "rules_about",
]
