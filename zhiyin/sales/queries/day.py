"""What waits in sales today, one's own and of all that one sees."""

import datetime
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from zhiyin.platform.actors import Actor
from zhiyin.sales import access
from zhiyin.sales.choices import LeadState, StageKind
from zhiyin.sales.models import Lead, Opportunity
from zhiyin.sales.queries.opportunities import stuck

SOON = datetime.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Numbers of open deals, and of leads that nobody has taken up yet."""

    late: int
    soon: int
    stuck: int
    aimless: int
    leads: int
    leads_late: int


def waiting(actor: Actor, *, own: bool, now: datetime.datetime, today: datetime.date) -> Waiting:
    """Of the actor's ``own``, or of all within the record scope, as the lists filter them. Two SQL statements."""
    deals, leads = access.opportunities(actor), access.leads(actor)
    if own:
        deals, leads = deals.filter(owner=actor.member_id), leads.filter(owner=actor.member_id)
    return Waiting(**_deals(deals, now, today), **_leads(leads, now))


def _deals(rows: QuerySet[Opportunity], now: datetime.datetime, today: datetime.date) -> dict[str, int]:
    found: dict[str, int] = rows.filter(state=StageKind.OPEN).aggregate(
        late=Count("pk", filter=Q(expected_on__lt=today)),
        soon=Count("pk", filter=Q(expected_on__range=(today, today + SOON))),
        stuck=Count("pk", filter=stuck(now)),
        aimless=Count("pk", filter=Q(next_step="")),
    )
    return found


def _leads(rows: QuerySet[Lead], now: datetime.datetime) -> dict[str, int]:
    new = rows.filter(state=LeadState.NEW, answered_at=None)
    found: dict[str, int] = new.aggregate(
        leads=Count("pk"), leads_late=Count("pk", filter=Q(answer_by__lte=now))
    )
    return found
