"""Which jobs an actor may see: his own, or all with ``jobs.view_all``. What a job brought is its owner's alone.

A token's own are those that tokens of its member started with no permission which it lacks.
"""

import uuid

from django.db.models import QuerySet

from zhiyin.platform import files
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.platform.models import Job, StoredFile


def visible(actor: Actor) -> QuerySet[Job]:
    """The jobs this actor may see, newest first, without their arguments, which may be long."""
    jobs = Job.objects.order_by("-id").defer("arguments")
    if actor.may("jobs.view_all"):
        return jobs
    jobs = jobs.filter(created_by=actor.member_id or uuid.UUID(int=0))
    if actor.kind == "token":
        jobs = jobs.filter(actor__kind="token", actor__permissions__contained_by=sorted(actor.permissions))
    return jobs


def is_own(actor: Actor, job: Job) -> bool:
    """Whether the actor may have what the job brought, and run it again."""
    if actor.kind == "system":
        return True
    if actor.member_id is None or job.created_by != actor.member_id:
        return False
    by_token = job.actor.get("kind") == "token"
    return actor.kind == "user" or (by_token and actor.permissions.issuperset(job.actor["permissions"]))


def get(actor: Actor, job_id: uuid.UUID) -> Job:
    """One visible job. Raises ``NotFound``."""
    job = visible(actor).filter(pk=job_id).first()
    if job is None:
        raise NotFound
    return job


def result_file(actor: Actor, job_id: uuid.UUID) -> StoredFile:
    """The file that a job of the actor's own wrote. Raises ``NotFound``.

    Nobody else gets it: what is in it was chosen by what its owner may see.
    """
    job = get(actor, job_id)
    key = (job.result or {}).get("file")
    if not key or not is_own(actor, job):
        raise NotFound
    return files.get(uuid.UUID(key))
