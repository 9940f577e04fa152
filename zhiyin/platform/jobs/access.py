"""Which jobs an actor may see: his own, or all with ``jobs.view_all``."""

import uuid

from django.db.models import QuerySet

from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.platform.models import Job


def visible(actor: Actor) -> QuerySet[Job]:
    """The jobs this actor may see, newest first."""
    jobs = Job.objects.order_by("-id")
    return jobs if actor.may("jobs.view_all") else jobs.filter(created_by=actor.member_id or uuid.UUID(int=0))


def get(actor: Actor, job_id: uuid.UUID) -> Job:
    """One visible job. Raises ``NotFound``."""
    job = visible(actor).filter(pk=job_id).first()
    if job is None:
        raise NotFound
    return job
