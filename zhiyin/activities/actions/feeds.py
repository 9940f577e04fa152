"""A member's calendar for other programs, read by whoever has its address."""

import datetime
from dataclasses import dataclass

from zhiyin.activities import ics
from zhiyin.activities.events import FeedChanged
from zhiyin.activities.models import CalendarFeed
from zhiyin.activities.queries.appointments import own_appointments
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound, PermissionDenied
from zhiyin.platform.record import record
from zhiyin.platform.tokens import digest, new_token

FEED_START = "zc_"
PAST = datetime.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A feed and its secret, which nobody can see again."""

    feed: CalendarFeed
    token: str


def create_feed(*, actor: Actor, now: datetime.datetime) -> NewFeed:
    """A new address for one's own calendar; the one before ends."""
    actor.require("activities.view")
    if actor.member_id is None:
        raise PermissionDenied
    CalendarFeed.objects.filter(member=actor.member_id, revoked_at=None).update(revoked_at=now)
    token = new_token(FEED_START, actor.tenant_id)
    feed = CalendarFeed.objects.create(member_id=actor.member_id, digest=digest(token), made_at=now)
    event = FeedChanged(feed.pk, "made")
    record(event, actor=actor, now=now, subject=("member", actor.member_id), changes={"feed": [None, "made"]})
    return NewFeed(feed, token)


def revoke_feed(*, actor: Actor, now: datetime.datetime) -> None:
    """End the address of one's own calendar. Raises ``NotFound`` when there is none."""
    actor.require("activities.view")
    feed = CalendarFeed.objects.filter(member=actor.member_id, revoked_at=None).first()
    if feed is None or actor.member_id is None:
        raise NotFound
    feed.revoked_at = now
    feed.save(update_fields=["revoked_at"])
    event = FeedChanged(feed.pk, "revoked")
    changes = {"feed": ["made", "revoked"]}
    record(event, actor=actor, now=now, subject=("member", actor.member_id), changes=changes)


def read_feed(token: str, now: datetime.datetime) -> bytes | None:
    """The calendar of an address as iCalendar, ``None`` when it is not good any more; in its tenant's scope."""
    good = CalendarFeed.objects.filter(
        digest=digest(token), revoked_at=None, member__is_active=True, member__user__is_active=True
    )
    feed = good.select_related("member").first()
    if feed is None:
        return None
    CalendarFeed.objects.filter(pk=feed.pk).update(read_at=now)
    return ics.written(feed.member.name, own_appointments(feed.member_id, now - PAST))
