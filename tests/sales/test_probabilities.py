"""A stage's chances by what became of earlier opportunities; a funnel's cells added up."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.utils.timezone import localdate

from tests.cast import Company
from zhiyin.sales import actions, queries, tasks
from zhiyin.sales.choices import StageKind
from zhiyin.sales.models import FunnelCell, Opportunity, Stage
from zhiyin.sales.queries import FunnelFilter, OpportunityFilter

Now = datetime.datetime
pytestmark = pytest.mark.django_db


def close(company: Company, now: Now, *ways: tuple[int, bool]) -> Opportunity:
    """Opportunities that came as far as a position, and were won or lost."""
    lin, made = company.lin.actor, None
    stages = {each.position: each for each in Stage.objects.all()}
    for furthest, won in ways:
        made = actions.create_opportunity(actor=lin, name="d", amount=100, now=now)
        stages = stages or {each.position: each for each in Stage.objects.all()}
        state = StageKind.WON if won else StageKind.LOST
        end = next(each for each in stages.values() if each.kind == state)
        Opportunity.objects.filter(pk=made.pk).update(
            furthest=stages[furthest], stage=end, state=state, closed_on=localdate(now)
        )
    assert made
    return made


def usual() -> list[tuple[int | None, int]]:
    stages = Stage.objects.filter(kind=StageKind.OPEN).order_by("position")
    return list(stages.values_list("usual", "usual_of"))


def test_chances_are_of_those_that_came_so_far_and_were_closed(inside: Company, now: Now) -> None:
    close(inside, now, *[(0, False)] * 5, *[(1, False)] * 10, *[(3, True)] * 15)
    tasks.learn_probabilities(now)
    with inside.scope():
        assert usual() == [(50, 30), (60, 25), (None, 15), (None, 15)]


def test_what_lies_long_back_counts_no_more(inside: Company, now: Now) -> None:
    close(inside, now - datetime.timedelta(days=900), *[(3, True)] * 25)
    close(inside, now, *[(3, False)] * 24)
    tasks.learn_probabilities(now)
    with inside.scope():
        assert usual()[0] == (0, 24)


def test_a_stage_without_a_probability_takes_it_from_history(inside: Company, now: Now) -> None:
    close(inside, now, *[(3, True)] * 10, *[(3, False)] * 10)
    Stage.objects.update(probability=None)
    tasks.learn_probabilities(now)
    with inside.scope():
        lin = inside.lin.actor
        deal = actions.create_opportunity(actor=lin, name="open", amount=100, now=now)
        where = OpportunityFilter(state=[StageKind.OPEN])
        rows = queries.matching_opportunities(lin, where, now=now, today=localdate(now))
        assert [each.weighted for each in queries.sum_opportunities(rows)] == [50]
        page = inside.lin.client.get(f"/sales/opportunities/{deal.pk}/").content.decode()
        assert "50 %" in page
        assert "20" in page
        listed = inside.lin.client.get("/api/v1/opportunities/?state=open").json()["items"][0]
        assert (listed["stage_probability"], listed["stage_usual"]) == (None, 50)
        settings = inside.ma.client.get(f"/settings/pipelines/{deal.pipeline_id}/").content.decode()
        assert "50 %" in settings


def test_cells_alike_become_one_and_the_funnel_stays_as_it_was(inside: Company, now: Now) -> None:
    deal = close(inside, now, *[(1, False)] * 3, (3, True))
    gao = inside.gao.actor
    before: Any = queries.funnel(gao, deal.pipeline_id, FunnelFilter())
    cells = FunnelCell.objects.count()
    tasks.add_up_funnels(now)
    with inside.scope():
        after: Any = queries.funnel(gao, deal.pipeline_id, FunnelFilter())
        assert (after.begun, after.closed, after.sources) == (before.begun, before.closed, before.sources)
        assert FunnelCell.objects.count() < cells
        assert FunnelCell.objects.count() == FunnelCell.objects.filter(count__gt=0).count()
        with connection.cursor() as cursor:
            cursor.execute("SELECT sum(count) FROM sales_funnelcell WHERE part = 'way'")
            assert cursor.fetchone() == (4,)
