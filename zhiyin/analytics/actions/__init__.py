"""Writes of analytics."""

from zhiyin.analytics.actions.run import Outcome, analyse_soon, run_analysis, start_analysis
from zhiyin.analytics.actions.settings import change_settings

__all__ = ["Outcome", "analyse_soon", "change_settings", "run_analysis", "start_analysis"]
