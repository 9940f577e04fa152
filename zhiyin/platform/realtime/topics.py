"""Who may watch what. A topic is a kind, or a kind and an id: ``tenant``, ``jobs``, ``member:<id>``, ``job:<id>``."""

import uuid
from collections.abc import Callable, Iterable

from zhiyin.platform.actors import Actor
from zhiyin.platform.jobs.access import visible
from zhiyin.platform.tenancy import scope

MOST_TOPICS = 50
Check = Callable[[Actor, uuid.UUID], bool]
_checks: dict[str, Check] = {}


def topic(kind: str) -> Callable[[Check], Check]:
    """Register who may watch topics ``kind:<id>``; the function runs in the actor's scope."""

    def register(check: Check) -> Check:
        _checks[kind] = check
        return check

    return register


def allowed(actor: Actor, topics: Iterable[str]) -> list[str]:
    """Those of ``topics`` that the actor may watch; the first ``MOST_TOPICS`` are looked at."""
    wanted = list(dict.fromkeys(topics))[:MOST_TOPICS]
    with scope(actor.tenant_id):
        return [name for name in wanted if _may(actor, name)]


def _may(actor: Actor, name: str) -> bool:
    if name == "tenant":
        return True
    if name == "jobs":
        return actor.may("jobs.view_all")
    kind, _colon, text = name.partition(":")
    check = _checks.get(kind)
    if check is None:
        return False
    try:
        return check(actor, uuid.UUID(text))
    except ValueError:
        return False


@topic("member")
def _own(actor: Actor, member_id: uuid.UUID) -> bool:
    return actor.member_id == member_id


@topic("job")
def _visible_job(actor: Actor, job_id: uuid.UUID) -> bool:
    return visible(actor).filter(pk=job_id).exists()
