"""What runs by the clock. An app registers it in ``tasks.py``::

@clock.periodic("customers.partitions", cron="5 0 * * *")
def make_partitions(now: datetime.datetime) -> None: ...


What such a run finds to do for each of many goes into the queue one by one, so that none waits for all::

@clock.task("activities.synchronise")
def synchronise(tenant_id: uuid.UUID, key: uuid.UUID, now: datetime.datetime) -> None: ...


clock.defer("activities.synchronise", tenant_id, key)
"""

import datetime
import uuid
from collections.abc import Callable

import structlog
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

QUEUE = "clock"
Function = Callable[[datetime.datetime], None]
Each = Callable[[uuid.UUID, uuid.UUID, datetime.datetime], None]
log = structlog.get_logger("zhiyin.clock")


def periodic(name: str, *, cron: str) -> Callable[[Function], Function]:
    """Run a function at the times of ``cron`` (UTC), in one worker, with the time that was due.

    A time that passed while no worker ran is made up for up to ten minutes later, then left out.
    """

    def register(function: Function) -> Function:
        @app.periodic(cron=cron, periodic_id=name)
        @app.task(name=name, queue=QUEUE)
        def run(timestamp: int) -> None:
            log.info("clock.run", task=name)
            function(datetime.datetime.fromtimestamp(timestamp, tz=datetime.UTC))

        return function

    return register


def task(name: str) -> Callable[[Each], Each]:
    """Make a function of a company, a key in it and the time it begins fit to be queued with ``defer``."""

    def register(function: Each) -> Each:
        @app.task(name=name, queue=QUEUE)
        def run(tenant_id: str, key: str) -> None:
            function(uuid.UUID(tenant_id), uuid.UUID(key), timezone.now())

        return function

    return register


def defer(name: str, tenant_id: uuid.UUID, key: uuid.UUID) -> None:
    """Queue it with the transaction that is open, once as long as it waits."""
    queued = app.configure_task(name, queue=QUEUE, queueing_lock=f"{name}:{key}")
    try:
        with transaction.atomic():
            queued.defer(tenant_id=str(tenant_id), key=str(key))
    except AlreadyEnqueued:
        log.info("clock.waits_already", task=name)
