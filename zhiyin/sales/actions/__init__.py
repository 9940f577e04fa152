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
from zhiyin.sales.actions.stages import StageRules, create_pipeline, set_close_reasons, set_stages

__all__ = [
    "EDITABLE",
    "LEAD_FIELDS",
    "AlreadyConverted",
    "AlreadyThere",
    "Closing",
    "Deal",
    "MovedMeanwhile",
    "OpportunityCodeTaken",
    "StageRules",
    "convert_lead",
    "create_lead",
    "create_opportunity",
    "create_pipeline",
    "default_pipeline",
    "move_opportunity",
    "remove_lead",
    "remove_opportunity",
    "restore_lead",
    "restore_opportunity",
    "set_close_reasons",
    "set_lead_state",
    "set_stages",
    "update_lead",
    "update_opportunity",
]
