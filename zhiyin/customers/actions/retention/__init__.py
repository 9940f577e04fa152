"""Rules of retention, what clears by them, and legal holds, of whom nothing is cleared."""

from zhiyin.customers.actions.retention.clearing import Cleared, clear_due, clear_now, clear_overdue
from zhiyin.customers.actions.retention.holds import end_legal_hold, set_legal_hold
from zhiyin.customers.actions.retention.rules import (
    RetentionRules,
    change_retention_rule,
    create_retention_rule,
    set_retention_archived,
    switch_retention_rule,
)

__all__ = [
    "Cleared",
    "RetentionRules",
    "change_retention_rule",
    "clear_due",
    "clear_now",
    "clear_overdue",
    "create_retention_rule",
    "end_legal_hold",
    "set_legal_hold",
    "set_retention_archived",
    "switch_retention_rule",
]
