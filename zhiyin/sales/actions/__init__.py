"""Writes of sales."""

from zhiyin.sales.actions.conversion import Deal, convert_lead
from zhiyin.sales.actions.leads import (
    LEAD_FIELDS,
    AlreadyConverted,
    create_lead,
    remove_lead,
    restore_lead,
    set_lead_state,
    update_lead,
)
from zhiyin.sales.actions.moves import AlreadyThere, Closing, MovedMeanwhile, move_opportunity
from zhiyin.sales.actions.opportunities import (
    EDITABLE,
    OpportunityCodeTaken,
    create_opportunity,
    remove_opportunity,
    restore_opportunity,
    update_opportunity,
)
from zhiyin.sales.actions.pipelines import default_pipeline

__all__ = [
    "EDITABLE",
    "LEAD_FIELDS",
    "AlreadyConverted",
    "AlreadyThere",
    "Closing",
    "Deal",
    "MovedMeanwhile",
    "OpportunityCodeTaken",
    "convert_lead",
    "create_lead",
    "create_opportunity",
    "default_pipeline",
    "move_opportunity",
    "remove_lead",
    "remove_opportunity",
    "restore_lead",
    "restore_opportunity",
    "set_lead_state",
    "update_lead",
    "update_opportunity",
]
