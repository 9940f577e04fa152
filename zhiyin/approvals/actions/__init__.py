"""Writes of approvals. Whoever changes a request locks its row first, so that answers come one after another."""

from zhiyin.approvals.actions.absences import add_absence, remove_absence
from zhiyin.approvals.actions.asking import (
    ask_again,
    ask_approval,
    comment_approval,
    note_changed,
    recall_approval,
)
from zhiyin.approvals.actions.deciding import decide_approval
from zhiyin.approvals.actions.guards import require_approval
from zhiyin.approvals.actions.rules import (
    RuleSaid,
    StepSaid,
    change_rule,
    create_rule,
    order_rules,
    set_rule_archived,
)
from zhiyin.approvals.actions.turns import escalate_overdue, replace_member

__all__ = [
    "RuleSaid",
    "StepSaid",
    "add_absence",
    "ask_again",
    "ask_approval",
    "change_rule",
    "comment_approval",
    "create_rule",
    "decide_approval",
    "escalate_overdue",
    "note_changed",
    "order_rules",
    "recall_approval",
    "remove_absence",
    "replace_member",
    "require_approval",
    "set_rule_archived",
]
