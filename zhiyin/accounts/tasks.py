"""What jobs ask of accounts."""

import uuid

from zhiyin.accounts.access import actor_for
from zhiyin.accounts.models import Member
from zhiyin.platform import jobs
from zhiyin.platform.actors import Actor


@jobs.members
def active_member(member_id: uuid.UUID) -> Actor | None:
    """The actor that a member is now; ``None`` for one who cannot sign in any more."""
    active = Member.objects.select_related("role").filter(is_active=True, user__is_active=True)
    member = active.filter(pk=member_id).first()
    return actor_for(member) if member else None
