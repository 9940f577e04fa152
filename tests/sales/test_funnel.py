"""The funnel: what it counts follows every change, whose deals it counts, and what its page and the API say."""

import datetime
import random
import uuid
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from tests.cast import Company
from zhiyin.customers.actions import create_customer
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import Closing, StageRules
from zhiyin.sales.choices import FunnelPart
from zhiyin.sales.models import CloseReason, FunnelCell, Opportunity, Stage
from zhiyin.sales.queries import FunnelFilter, Share

Now = datetime.datetime
DAY = datetime.timedelta(days=1)
NOTHING_SAID = Closing()
pytestmark = pytest.mark.django_db


def begin(company: Company, now: Now, name: str = "d", **values: Any) -> Opportunity:
    return actions.create_opportunity(actor=company.lin.actor, name=name, now=now, **values)


def move(
    company: Company, deal: Opportunity, position: int, now: Now, closing: Closing = NOTHING_SAID
) -> None:
    stage = Stage.objects.get(pipeline=deal.pipeline_id, position=position, archived_at=None)
    actions.move_opportunity(
        actor=company.lin.actor, opportunity_id=deal.pk, stage_id=stage.pk, closing=closing, now=now
    )


def funnel(company: Company, deal: Opportunity, **where: Any) -> queries.Funnel:
    return queries.funnel(company.gao.actor, deal.pipeline_id, FunnelFilter(**where))


def reached(found: queries.Funnel) -> list[tuple[int, int, int]]:
    return [(each.reached, each.lost, each.open) for each in found.steps]


def test_how_far_they_came_counts_also_who_went_back_or_was_lost(inside: Company, now: Now) -> None:
    customer = create_customer(actor=inside.lin.actor, name="颐和", now=now)
    deals = [
        begin(inside, now, amount=10, customer_id=customer.pk, expected_on=timezone.localdate(now))
        for _each in range(4)
    ]
    move(inside, deals[0], 2, now)
    move(inside, deals[0], 1, now)
    move(inside, deals[1], 1, now)
    move(inside, deals[1], 5, now + DAY)
    move(inside, deals[2], 4, now + 2 * DAY)
    found = funnel(inside, deals[0])
    assert reached(found) == [(4, 0, 1), (3, 1, 0), (2, 0, 1), (1, 0, 0)]
    assert [each.onward.of for each in found.steps] == [3, 2, 1, 1]
    assert (found.begun.count, found.closed.won, found.closed.lost) == (4, 1, 1)
    assert found.closed.won_value == {"CNY": Decimal(10)}
    first, second = found.steps[0], found.steps[1]
    assert (first.days, first.timed) == (0, 3)
    assert (second.days, second.timed) == (1, 1)


def counted() -> dict[str, Counter[Any]]:
    """The cells added up, and the same counted from the opportunities themselves."""
    cells: Counter[Any] = Counter()
    for cell in FunnelCell.objects.all():
        key = (cell.part, cell.month, cell.state, cell.owner_id, cell.unit_id, cell.stage_id, cell.reason_id, cell.source,
               cell.currency)  # fmt: skip
        for name in ("count", "amount", "unknown", "timed", "days"):
            cells[(*key, name)] += getattr(cell, name)
    direct: Counter[Any] = Counter()
    for deal in Opportunity.objects.filter(removed_at=None):
        begun = timezone.localtime(deal.created_at).date().replace(day=1)
        closed = deal.closed_on and deal.closed_on.replace(day=1)
        parts: list[tuple[FunnelPart, Any, Any, Any, str]] = [
            (FunnelPart.WAY, begun, deal.furthest_id, None, ""),
            (FunnelPart.SOURCE, begun, None, None, deal.source),
        ]
        if closed:
            parts.append((FunnelPart.CLOSE, closed, None, deal.reason_id, ""))
        timed = bool(deal.closed_on and deal.engaged_on and deal.closed_on >= deal.engaged_on)
        for part, month, stage, reason, source in parts:
            key = (part, month, deal.state, deal.owner_id, deal.unit_id, stage, reason, source, deal.currency)
            values = {
                "count": 1, "amount": deal.amount or 0, "unknown": int(deal.amount is None), "timed": int(timed),
                "days": (deal.closed_on - deal.engaged_on).days if timed else 0,
            }  # fmt: skip
            for name, value in values.items():
                direct[(*key, name)] += value
    return {"cells": +cells, "direct": +direct}


def test_cells_come_to_what_the_opportunities_are_after_any_changes(inside: Company, now: Now) -> None:
    """A hundred changes at random; the database keeps the cells, whoever writes."""
    pick = random.Random(7)
    gao = inside.gao.actor
    deals = [begin(inside, now, f"d{number}", amount=pick.choice([None, 5, 7])) for number in range(8)]
    stages = list(access.stages().filter(kind="open"))
    lost = access.stages().get(kind="lost")
    reason = CloseReason.objects.filter(kind="lost").first()
    assert reason
    for step in range(100):
        deal, at = pick.choice(deals), now + step * DAY
        match pick.randrange(5):
            case 0 | 1:
                stage = pick.choice(stages)
                closing = Closing()
            case 2:
                stage, closing = lost, Closing(reason.pk if pick.random() < 0.5 else None)
            case 3:
                values = {"source": pick.choice(["", "web", "fair"]), "amount": pick.choice([None, 3, 9]),
                          "engaged_on": pick.choice([None, timezone.localdate(now)]), "currency": pick.choice(["CNY", "USD"]),
                          "owner_id": pick.choice([None, inside.chen.member.pk, inside.lin.member.pk])}  # fmt: skip
                if Opportunity.objects.get(pk=deal.pk).removed_at is None:
                    actions.update_opportunity(actor=gao, opportunity_id=deal.pk, changes=values, now=at)
                continue
            case _:
                verb = actions.remove_opportunity
                if Opportunity.objects.get(pk=deal.pk).removed_at:
                    verb = actions.restore_opportunity
                verb(actor=gao, opportunity_id=deal.pk, now=at)
                continue
        row = Opportunity.objects.get(pk=deal.pk)
        if row.removed_at is None and row.stage_id != stage.pk:
            changes = {"amount": 5, "expected_on": timezone.localdate(at)}
            actions.update_opportunity(actor=gao, opportunity_id=deal.pk, changes=changes, now=at)
            actions.move_opportunity(
                actor=gao, opportunity_id=deal.pk, stage_id=stage.pk, closing=closing, now=at
            )
    found = counted()
    assert found["cells"] == found["direct"]
    assert any(key[0] == "close" for key in found["direct"])


def test_a_stage_that_goes_leaves_no_hole(inside: Company, now: Now) -> None:
    deal, other = begin(inside, now, amount=5, expected_on=timezone.localdate(now)), begin(inside, now)
    move(inside, deal, 2, now)
    move(inside, deal, 5, now)
    stages = list(Stage.objects.filter(pipeline=deal.pipeline_id).order_by("position"))
    kept = [StageRules(each.name, each.pk, each.kind) for each in stages if each.position != 2]
    actions.set_stages(actor=inside.gao.actor, pipeline_id=deal.pipeline_id, stages=kept, now=now)
    assert reached(funnel(inside, deal)) == [(2, 0, 1), (1, 1, 0), (0, 0, 0)]
    anew = [StageRules("Neu"), *(each for each in kept if each.kind != "open")]
    goes_to = {other.stage_id: kept[0].id} if kept[0].id else {}
    with pytest.raises(Exception, match="holds 1"):
        actions.set_stages(
            actor=inside.gao.actor, pipeline_id=deal.pipeline_id, stages=anew, goes_to=goes_to, now=now
        )


def test_period_owner_unit_reasons_and_sources(inside: Company, now: Now) -> None:
    price = None
    for month, source in enumerate(("web", "web", "fair")):
        at = now + 31 * month * DAY
        deal = begin(inside, at, amount=5, source=source, engaged_on=timezone.localdate(at))
        price = price or CloseReason.objects.filter(kind="lost").order_by("position")[0]
        move(inside, deal, 5, at + 10 * DAY, Closing(price.pk if month else None))
    assert price
    found = funnel(inside, deal)
    assert [(each.name, each.tally.lost) for each in found.lost_for] == [(price.name, 2), ("", 1)]
    assert [(each.name, each.tally.count) for each in found.sources] == [("web", 2), ("fair", 1)]
    assert (found.closed.mean_days, found.closed.win_rate) == (None, Share(0, 3))
    assert funnel(inside, deal, since=timezone.localdate(now) + 31 * DAY).begun.count == 2
    assert funnel(inside, deal, until=timezone.localdate(now)).begun.count == 1
    assert funnel(inside, deal, owner=inside.chen.member.pk).begun.count == 0
    assert funnel(inside, deal, owner=inside.lin.member.pk).begun.count == 3
    assert funnel(inside, deal, unit=inside.units["总部"].pk).begun.count == 3
    assert funnel(inside, deal, unit=inside.units["华南大区"].pk).begun.count == 0


def test_everybody_counts_what_is_his_or_his_units(inside: Company, now: Now) -> None:
    deal = begin(inside, now, amount=5)
    people = ("lin", "chen", "ma", "wu", "gao")
    seen = {
        name: queries.funnel(getattr(inside, name).actor, deal.pipeline_id, FunnelFilter()).begun.count
        for name in people
    }
    assert seen == {"lin": 1, "chen": 0, "ma": 1, "wu": 0, "gao": 1}


@pytest.mark.parametrize("scope", ["gao", "ma", "lin"])
def test_as_many_statements_whatever_it_counts(
    inside: Company, now: Now, scope: str, django_assert_max_num_queries: Any
) -> None:
    deal = begin(inside, now, amount=5)
    where = FunnelFilter(unit=inside.units["总部"].pk, owner=inside.lin.member.pk)
    actor = getattr(inside, scope).actor
    with django_assert_max_num_queries(7):
        assert queries.funnel(actor, deal.pipeline_id, where).begun.count == 1


def test_a_share_is_told_with_its_interval() -> None:
    """Wilson's interval of 5 in 10, as Agresti and Coull (1998) have it."""
    low, high = Share(5, 10).interval or (0, 0)
    assert (round(low, 4), round(high, 4)) == (0.2366, 0.7634)
    assert (Share(0, 0).value, Share(0, 0).interval) == (None, None)


def test_page_and_api_say_the_same(cast: Company, now: Now) -> None:
    with cast.scope():
        deal = begin(cast, now, amount=5, source="展会")
    client = cast.lin.client
    page = client.get("/sales/funnel/").content.decode()
    assert "展会" in page
    assert "资格确认" in page
    answer = client.get("/api/v1/funnel/").json()
    assert answer["begun"]["count"] == 1
    assert [each["reached"] for each in answer["steps"]] == [1, 0, 0, 0]
    assert client.get(f"/sales/funnel/?pipeline={uuid.uuid4()}").status_code == 404
    assert client.get(f"/api/v1/funnel/?pipeline={uuid.uuid4()}").status_code == 404
    assert client.get("/api/v1/funnel/?since=yesterday").status_code == 422
    empty = client.get(f"/sales/funnel/?pipeline={deal.pipeline_id}&until=2001-01-01").content.decode()
    assert "展会" not in empty
    assert client.get("/sales/funnel/?since=yesterday").status_code in (200, 400)


def test_before_there_is_a_pipeline_the_page_says_how_to_begin(cast: Company) -> None:
    page = cast.lin.client.get("/sales/funnel/")
    assert page.status_code == 200
    assert "/sales/opportunities/new/" in page.content.decode()
