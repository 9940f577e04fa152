"""Writes of sales."""

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
    "AlreadyThere",
    "Closing",
    "MovedMeanwhile",
    "OpportunityCodeTaken",
    "create_opportunity",
    "default_pipeline",
    "move_opportunity",
    "remove_opportunity",
    "restore_opportunity",
    "update_opportunity",
]
