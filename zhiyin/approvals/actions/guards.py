"""What a thing that needs a yes asks before it is done."""

import uuid

from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Member
from zhiyin.approvals import queries
from zhiyin.approvals.choices import RequestState
from zhiyin.approvals.errors import NeedsApproval, WaitsForApproval, WasRejected
from zhiyin.approvals.models import ApprovalRequest
from zhiyin.approvals.subjects import subject as subject_of
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import PermissionDenied


def require_approval(*, actor: Actor, subject: str, subject_id: uuid.UUID) -> None:
    """Whether something may be done: no rule asks for a yes, or there is one to it as it is now.

    Called in the transaction that does it, after the thing's own row is locked; nobody takes the yes back meanwhile.
    Raises ``NeedsApproval``, ``WaitsForApproval`` or ``WasRejected``.
    """
    kind = subject_of(subject)
    matter = kind.matter(subject_id)
    if matter is None or actor.member_id is None:
        return
    if queries.rule_for(subject, matter, asker_of(actor)) is None:
        return
    rows = ApprovalRequest.objects.filter(subject=subject, subject_id=subject_id, digest=matter.digest)
    newest = rows.select_for_update(no_key=True).order_by("-created_at", "-pk").first()
    match newest.state if newest else None:
        case RequestState.APPROVED:
            return
        case RequestState.PENDING | RequestState.RETURNED:
            raise WaitsForApproval
        case RequestState.REJECTED:
            raise WasRejected
    raise NeedsApproval(subject, subject_id)


def asker_of(actor: Actor) -> Member:
    found = Member.objects.select_related("unit").filter(pk__in=[actor.member_id]).first()
    if found is None:
        raise PermissionDenied(_("Only a member can ask for an approval."))
    return found
