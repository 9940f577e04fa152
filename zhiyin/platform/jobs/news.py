"""What open pages hear of jobs as they come and go; how far one is goes to those who watch that one."""

import uuid

from zhiyin.platform import realtime

TOPIC = "jobs"


def tell(tenant_id: uuid.UUID, job_id: uuid.UUID, created_by: uuid.UUID | None, state: str) -> None:
    """A job has begun to wait, or ended: to its starter, and to those who see everybody's."""
    data = {"id": str(job_id), "state": state}
    realtime.notify(tenant_id, TOPIC, data)
    if created_by:
        realtime.notify(tenant_id, f"member:{created_by}", data)
