"""The board: lanes with sums, cards page by page, a card moved by two people, who sees what, news."""

import datetime
import json
import re
from typing import Any

import pytest

from tests.cast import Company
from zhiyin.platform import realtime
from zhiyin.platform.actors import Actor
from zhiyin.platform.outbox import Delivered
from zhiyin.platform.realtime.topics import allowed
from zhiyin.sales import actions, handlers, queries
from zhiyin.sales.models import Opportunity, Stage
from zhiyin.sales.queries import OpportunityFilter

Now = datetime.datetime
DAY = datetime.timedelta(days=1)
pytestmark = pytest.mark.django_db


def begin(company: Company, now: Now, name: str, **values: Any) -> Opportunity:
    return actions.create_opportunity(actor=company.lin.actor, name=name, now=now, **values)


def lanes(
    actor: Actor, pipeline: Any, now: Now, by: queries.Lanes = "stage", **where: Any
) -> list[queries.Lane]:
    return queries.board(actor, pipeline, by, OpportunityFilter(**where), now=now, today=now.date())


def names(found: queries.Lane) -> list[object]:
    return [row["name"] for row in found.cards.rows]


def test_lanes_hold_the_soonest_first_and_sums_of_all(
    inside: Company, now: Now, django_assert_num_queries: Any
) -> None:
    deals = [
        begin(
            inside, now, f"d{number:02}", amount=10, expected_on=now.date() + number * DAY if number else None
        )
        for number in range(23)
    ]
    begin(inside, now, "dollars", amount=7, currency="USD", expected_on=now.date() - DAY)
    offer = Stage.objects.get(position=2)
    actions.move_opportunity(actor=inside.lin.actor, opportunity_id=deals[5].pk, stage_id=offer.pk, now=now)
    lin = inside.lin.actor
    with django_assert_num_queries(3):
        found = lanes(lin, deals[0].pipeline_id, now)
    assert [each.kind for each in found] == ["open"] * 4 + ["won", "lost"]
    first = found[0]
    assert (first.count, [(each.currency, each.amount) for each in first.sums]) == (
        23,
        [("CNY", 220), ("USD", 7)],
    )
    assert names(first)[:3] == ["dollars", "d01", "d02"]
    assert len(first.cards.rows) == queries.CARDS
    assert names(found[2]) == ["d05"]
    rest = queries.lane(
        inside.lin.actor,
        deals[0].pipeline_id,
        "stage",
        first.key,
        OpportunityFilter(),
        after=first.cards.next or "",
        now=now,
        today=now.date(),
    )
    assert names(rest) == ["d21", "d22", "d00"]
    assert rest.cards.next is None


def test_lanes_by_horizon_and_filters(inside: Company, now: Now) -> None:
    deal = begin(inside, now, "soon", horizon="3", amount=5)
    begin(inside, now, "unsaid")
    found = {each.key: names(each) for each in lanes(inside.lin.actor, deal.pipeline_id, now, "horizon")}
    assert found == {"none": ["unsaid"], "now": [], "3": ["soon"], "6": [], "12": []}
    filtered = lanes(inside.lin.actor, deal.pipeline_id, now, q="unsaid")
    assert names(filtered[0]) == ["unsaid"]
    assert filtered[0].count == 1
    assert names(lanes(inside.chen.actor, deal.pipeline_id, now)[0]) == []


def test_a_card_moves_and_comes_back_and_the_second_is_told(cast: Company, now: Now) -> None:
    with cast.scope():
        deal = begin(cast, now, "年度采购 <b>", amount=5)
        offer, first = Stage.objects.get(position=2), deal.stage
    page = cast.lin.client.get("/sales/board/").text
    assert "年度采购 &lt;b&gt;" in page
    assert f'data-card="{deal.pk}" data-version="1"' in page
    address = f"/sales/board/{deal.pk}/move/"
    headers = {"HX-Request": "true"}
    moved = cast.lin.client.post(address, {"lane": str(offer.pk), "version": "1"}, headers=headers)
    assert moved.status_code == 204
    late = cast.ma.client.post(address, {"lane": str(offer.pk), "version": "1"}, headers=headers)
    assert late.status_code == 409
    undo = re.search(r'"undo": "([^"]+)"', moved.headers["HX-Trigger"])
    assert undo
    assert cast.lin.client.post(undo[1], headers=headers).status_code == 204
    with cast.scope():
        deal.refresh_from_db()
    assert deal.stage_id == first.pk
    again = cast.ma.client.post(address, {"lane": str(offer.pk), "version": "2"}, headers=headers)
    assert again.status_code == 409
    with cast.scope():
        deal.refresh_from_db()
    assert deal.stage_id == first.pk
    lane = cast.lin.client.get(f"/sales/board/lane/?lane={first.pk}&shown=20", headers=headers).text
    assert "年度采购" in lane


def test_what_a_lane_lacks_is_said_and_nothing_moves(cast: Company, now: Now) -> None:
    with cast.scope():
        deal = begin(cast, now, "x")
        offer = Stage.objects.get(position=2)
    address = f"/sales/board/{deal.pk}/move/"
    refused = cast.lin.client.post(address, {"lane": str(offer.pk)}, headers={"HX-Request": "true"})
    assert refused.status_code == 400
    assert json.dumps(offer.name)[1:-1] in refused.headers["HX-Trigger"]
    unknown = cast.lin.client.post(address, {"lane": "x"}, headers={"HX-Request": "true"})
    assert unknown.status_code == 400
    put = {"lane": "6", "by": "horizon", "version": "1"}
    assert cast.lin.client.post(address, put, headers={"HX-Request": "true"}).status_code == 204
    with cast.scope():
        deal.refresh_from_db()
        assert (deal.stage.position, deal.horizon) == (0, "6")


def test_a_board_of_nothing_and_of_what_is_not_there(cast: Company) -> None:
    assert "data-lane" not in cast.lin.client.get("/sales/board/").text
    assert cast.lin.client.get(f"/sales/board/?pipeline={cast.lin.member.pk}").status_code == 404
    assert cast.lin.client.get("/sales/board/lane/").status_code == 404


def test_open_boards_hear_of_both_lanes(inside: Company, now: Now, monkeypatch: pytest.MonkeyPatch) -> None:
    deal = begin(inside, now, "x", amount=5)
    offer = Stage.objects.get(position=2)
    actions.move_opportunity(actor=inside.lin.actor, opportunity_id=deal.pk, stage_id=offer.pk, now=now + DAY)
    told: list[tuple[Any, ...]] = []
    monkeypatch.setattr(realtime, "notify", lambda *args: told.append(args))
    handlers.redraw_boards(moved(inside, deal, now))
    lanes = {"lanes": [str(offer.pk), str(deal.stage_id)]}
    assert told == [(inside.tenant.pk, f"board:{deal.pipeline_id}", lanes)]
    topic = f"board:{deal.pipeline_id}"
    assert allowed(inside.lin.actor, [topic, f"board:{deal.pk}"]) == [topic]


def moved(company: Company, deal: Opportunity, now: Now) -> Delivered:
    return Delivered(
        id=deal.pk,
        name="sales.opportunity_moved",
        tenant_id=company.tenant.pk,
        occurred_at=now,
        actor_name="",
        subject_kind="opportunity",
        subject_id=deal.pk,
        data={"opportunity_id": str(deal.pk)},
        attempt=1,
    )
