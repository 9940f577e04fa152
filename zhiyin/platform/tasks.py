"""Read by procrastinate when the program loads: the queue beneath the jobs, and what runs by the clock."""

import datetime

import structlog

from zhiyin.platform import clock, files, relay
from zhiyin.platform.audit import check
from zhiyin.platform.jobs import queue
from zhiyin.platform.models import Worker

__all__ = ["check", "queue", "tidy"]
log = structlog.get_logger("zhiyin.clock")
EVENTS_KEPT = datetime.timedelta(days=30)
WORKERS_KEPT = datetime.timedelta(days=1)


@clock.periodic("platform.tidy", cron="40 18 * * *")
def tidy(now: datetime.datetime) -> None:
    """Remove delivered events, workers that were killed, and bytes whose transaction failed."""
    events = relay.prune(now - EVENTS_KEPT)
    Worker.objects.filter(seen_at__lt=now - WORKERS_KEPT).delete()
    orphans = files.remove_orphans(now)
    log.info("platform.tidied", events=events, files=orphans)
