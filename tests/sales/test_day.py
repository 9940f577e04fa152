"""What waits in sales on the first page: one's own, and for who leads others theirs."""

import datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.cast import Company
from zhiyin.sales import actions, queries
from zhiyin.sales.actions import Goal, set_targets
from zhiyin.sales.models import Opportunity
from zhiyin.sales.periods import Period

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def test_deals_and_leads_that_wait_are_told_apart_by_whose_they_are(inside: Company) -> None:
    now, today = timezone.now(), timezone.localdate()
    lin, ma = inside.lin.actor, inside.ma.actor
    for days, step in ((-1, ""), (3, "call"), (30, "")):
        actions.create_opportunity(
            actor=lin, name="d", expected_on=today + days * DAY, next_step=step, now=now
        )
    old = actions.create_opportunity(actor=ma, name="d", next_step="call", now=now)
    Opportunity.objects.filter(pk=old.pk).update(stage_since=now - 900 * DAY)
    actions.create_lead(actor=lin, name="周敏", now=now)
    own = queries.waiting(lin, own=True, now=now, today=today)
    assert (own.late, own.soon, own.aimless, own.stuck, own.leads, own.leads_late) == (1, 1, 2, 0, 1, 0)
    team = queries.waiting(ma, own=False, now=now, today=today)
    assert (team.late, team.soon, team.aimless) == (1, 1, 2)
    assert queries.waiting(ma, own=True, now=now, today=today).late == 0


def test_the_first_page_tells_it_and_how_the_target_stands(cast: Company) -> None:
    now, today = timezone.now(), timezone.localdate()
    with cast.scope():
        actions.create_opportunity(actor=cast.lin.actor, name="d", expected_on=today - DAY, now=now)
        goals = [Goal(Decimal(50_000), cast.lin.member.pk)]
        set_targets(actor=cast.gao.actor, period=Period.of("quarter", today), goals=goals, now=now)
    page = cast.lin.client.get("/").text
    assert "1 个您的商机" in page
    shown = cast.lin.client.get(f"/sales/opportunities/?overdue=true&owner={cast.lin.member.pk}").text
    assert "1 个商机" in shown
    assert "¥5 万" in page
    assert "您可见的" not in page
    assert "您可见的" in cast.ma.client.get("/").text
    assert "今日销售" not in cast.chen.client.get("/").text
