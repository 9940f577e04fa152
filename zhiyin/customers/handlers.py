"""News from below: an analysis moves customers from status to status."""

from zhiyin.analytics import hooks
from zhiyin.customers.actions.status import refresh_statuses


@hooks.after_analysis
def follow_analysis(finished: hooks.Finished) -> None:
    refresh_statuses(finished)
