"""Writes of analytics."""

from zhiyin.analytics.actions.run import (
    Outcome,
    analyse_soon,
    refresh_warehouse,
    run_analysis,
    start_analysis,
)
from zhiyin.analytics.actions.settings import change_settings
from zhiyin.analytics.actions.values import move_value, value_again

__all__ = [
    "Outcome",
    "analyse_soon",
    "change_settings",
    "move_value",
    "refresh_warehouse",
    "run_analysis",
    "start_analysis",
    "value_again",
]
