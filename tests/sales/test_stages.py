"""Pipelines set up: stages in their order, one that goes with its deals, reasons, and the page of it."""

import datetime
from dataclasses import replace
from typing import Any

import pytest

from tests.cast import Company
from tests.sales.test_opportunities import begin, move
from zhiyin.platform.errors import Conflict, Invalid, PermissionDenied
from zhiyin.sales import actions, queries
from zhiyin.sales.actions import StageRules
from zhiyin.sales.models import CloseReason, Pipeline, Stage

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


@pytest.fixture
def pipeline(inside: Company, now: Now) -> Pipeline:
    return actions.default_pipeline(actor=inside.lin.actor, now=now)


def rules(pipeline: Pipeline) -> list[StageRules]:
    return [
        StageRules(
            each.name,
            each.pk,
            each.kind,
            each.probability,
            each.stuck_after,
            tuple(each.entry),
            tuple(each.leave),
        )
        for each in queries.stages_of(pipeline.pk)
    ]


def put(inside: Company, pipeline: Pipeline, stages: list[StageRules], now: Now, **how: Any) -> list[str]:
    actions.set_stages(actor=inside.ma.actor, pipeline_id=pipeline.pk, stages=stages, now=now, **how)
    return [each.name for each in queries.stages_of(pipeline.pk)]


def test_stages_change_places_and_names_and_get_more(inside: Company, pipeline: Pipeline, now: Now) -> None:
    one, two, *rest = rules(pipeline)
    swapped = [
        replace(one, name=two.name),
        replace(two, name=one.name, probability=40),
        StageRules("试用"),
        *rest,
    ]
    assert put(inside, pipeline, swapped, now)[:3] == [two.name, one.name, "试用"]
    assert Stage.objects.get(pk=two.id).probability == 40
    with pytest.raises(Conflict):
        put(inside, pipeline, swapped, now, version=1)
    with pytest.raises(PermissionDenied):
        actions.set_stages(actor=inside.lin.actor, pipeline_id=pipeline.pk, stages=swapped, now=now)


def test_a_stage_that_goes_says_where_its_deals_go(inside: Company, pipeline: Pipeline, now: Now) -> None:
    deal = begin(inside.lin, now, amount=5)
    first, second, *rest = rules(pipeline)
    left = [second, *rest]
    with pytest.raises(Invalid, match="holds 1 opportunities") as refused:
        put(inside, pipeline, left, now)
    assert refused.value.field == "goes_to"
    won = next(each for each in rest if each.kind == "won")
    assert first.id
    assert second.id
    assert won.id
    with pytest.raises(Invalid):
        put(inside, pipeline, left, now, goes_to={first.id: won.id})
    put(inside, pipeline, left, now + DAY, goes_to={first.id: second.id})
    deal.refresh_from_db()
    assert (deal.stage_id, deal.version, deal.stage_since) == (second.id, 2, now + DAY)
    assert [each.stage_id for each in queries.stays_of(deal)] == [second.id, first.id]
    assert begin(inside.lin, now).stage_id == second.id


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"probability": 101}, {"stuck_after": 0}, {"entry": ("x",)}, {"kind": "won"}]
)
def test_a_wrong_stage_is_named(inside: Company, pipeline: Pipeline, now: Now, wrong: dict[str, Any]) -> None:
    one, two, *rest = rules(pipeline)
    with pytest.raises(Invalid) as refused:
        put(inside, pipeline, [one, replace(two, **wrong), *rest], now)
    assert refused.value.field == "stages[1]"
    with pytest.raises(Invalid, match="one that wins"):
        put(inside, pipeline, [one, two], now)


def test_reasons_come_and_go_and_past_deals_keep_theirs(
    inside: Company, pipeline: Pipeline, now: Now
) -> None:
    deal = begin(inside.lin, now)
    old = CloseReason.objects.filter(kind="lost").order_by("position")[0]
    move(inside.lin, deal, "输单", now, closing=actions.Closing(old.pk))
    actions.set_close_reasons(
        actor=inside.ma.actor, kind="lost", names=["太贵", " 太贵 ", "没需要", ""], now=now
    )
    assert [each.name for each in queries.close_reasons() if each.kind == "lost"] == ["太贵", "没需要"]
    deal.refresh_from_db()
    assert deal.reason == old
    actions.set_close_reasons(actor=inside.ma.actor, kind="lost", names=[old.name, "太贵"], now=now)
    assert [each.name for each in queries.close_reasons() if each.kind == "lost"] == [old.name, "太贵"]


@pytest.mark.django_db
def test_the_page_of_a_pipeline(cast: Company, now: Now) -> None:
    made = cast.ma.client.post("/settings/pipelines/", {"name": "渠道"})
    address = made.headers["Location"]
    page = cast.ma.client.get(address)
    assert page.status_code == 200
    formset = page.context["formset"]
    lines: dict[str, Any] = {
        "version": "1",
        "s-TOTAL_FORMS": len(formset),
        "s-INITIAL_FORMS": len(formset) - 1,
    }
    for form in formset:
        for name in ("id", "place", "name", "kind", "probability", "stuck_after", "guide"):
            lines[f"{form.prefix}-{name}"] = form[name].value() or ""
    last = formset[-1].prefix
    lines |= {f"{last}-name": "试用", f"{last}-kind": "open", f"{last}-place": "2", "s-0-name": ""}
    assert cast.ma.client.post(address, lines).status_code == 302
    with cast.scope():
        pipeline = Pipeline.objects.get(name="渠道")
        assert [each.name for each in queries.stages_of(pipeline.pk)][:2] == ["需求分析", "试用"]
    assert cast.ma.client.post(address, lines).status_code == 422
    assert "渠道" in cast.ma.client.get("/settings/pipelines/").text
