"""What runs by the clock. An app registers it in ``tasks.py``::

@clock.periodic("customers.partitions", cron="5 0 * * *")
def make_partitions(now: datetime.datetime) -> None: ...
"""

import datetime
from collections.abc import Callable

import structlog
from procrastinate.contrib.django import app

QUEUE = "clock"
Function = Callable[[datetime.datetime], None]
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
