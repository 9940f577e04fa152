"""The stages that a file names: which of the company's they are, and those that are to be made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zhiyin.imports.messages import Message, gettext_noop
from zhiyin.imports.models import Import
from zhiyin.imports.reading import ROW
from zhiyin.platform.pinyin import normalise
from zhiyin.sales import access
from zhiyin.sales.actions import StageRules, create_pipeline, set_stages
from zhiyin.sales.choices import StageKind
from zhiyin.sales.models import Pipeline, Stage

if TYPE_CHECKING:
    from zhiyin.imports.landing import Landing
    from zhiyin.imports.workspace import Workspace

WON = r"\bwon\b|\bwin\b|赢|成交|成功|签约"
LOST = r"\blost\b|\blose\b|\bdead\b|\bcancel|\babandon|输|丢|失败|无效|流失|取消"
ENGAGED = r"engag|接洽|跟进中"
# open stages as most companies go through them, the first first
_WAY = (
    r"lead|线索|new\b|新建|prospect|初步|潜在",
    r"qualif|资格|确认|discover|验证",
    ENGAGED,
    r"need|analy|需求|demo|演示|meeting",
    r"propos|quot|offer|方案|报价|标",
    r"negotiat|谈判|商务|review|审批",
    r"contract|commit|合同|verbal",
)
_STRANGE = gettext_noop(
    "There is no stage “{stage}” in the pipeline. Who sets up pipelines may import it; it is made then."
)
_COLUMNS = "pipeline VARCHAR, stage VARCHAR, kind VARCHAR, place INTEGER, named VARCHAR, stage_id UUID"


@dataclass(frozen=True, slots=True)
class Planned:
    """What the file calls ``stage`` of ``pipeline``: one that is there, or one to be made in the pipeline ``named``."""

    pipeline: str | None
    stage: str | None
    kind: StageKind
    named: str
    there: Stage | None


def kind_of(stage: str | None) -> StageKind:
    """What a stage of this name makes of an opportunity."""
    text = (stage or "").casefold()
    if re.search(LOST, text):
        return StageKind.LOST
    return StageKind.WON if re.search(WON, text) else StageKind.OPEN


def plan_stages(work: Workspace, landing: Landing) -> None:
    """Make ``stages``: for each pipeline and stage of the file its kind, and the company's stage where it is there.

    Rows whose stage would have to be made are refused unless the actor sets up pipelines.
    """
    work.con.execute(f"CREATE OR REPLACE TABLE stages ({_COLUMNS})")
    met = work.con.execute("SELECT DISTINCT pipeline, stage FROM typed").fetchall()
    by_pipeline: dict[str | None, list[str | None]] = {}
    for pipeline, stage in sorted(met, key=lambda pair: (pair[0] or "", place_of(pair[1]), pair[1] or "")):
        by_pipeline.setdefault(pipeline, []).append(stage)
    place = 0
    for pipeline, stages in by_pipeline.items():
        for each in _plan(pipeline, stages, landing):
            place += 1
            work.con.execute(
                "INSERT INTO stages VALUES (?, ?, ?, ?, ?, ?)",
                [each.pipeline, each.stage, each.kind.value, place, each.named, each.there and each.there.pk],
            )
    if not landing.actor.may("sales.manage"):
        _refuse_strange(work)


def _refuse_strange(work: Workspace) -> None:
    """Refuse the rows whose stage is not there."""
    same = "s.pipeline IS NOT DISTINCT FROM t.pipeline AND s.stage IS NOT DISTINCT FROM t.stage"
    for stage, place in work.con.execute("SELECT stage, place FROM stages WHERE stage_id IS NULL").fetchall():
        rows = f"SELECT t.{ROW} FROM typed t JOIN stages s ON {same} WHERE s.place = {place}"
        work.refuse(Message(_STRANGE, {"stage": stage}), rows)
    work.con.execute("DELETE FROM stages WHERE stage_id IS NULL")


def make_stages(work: Workspace, landing: Landing) -> int:
    """Make the stages, and pipelines, that are to be made; ``stages`` then names all. How many were made."""
    new = work.con.execute(
        "SELECT named, stage, kind FROM stages WHERE stage_id IS NULL ORDER BY place"
    ).fetchall()
    by_pipeline: dict[str, list[tuple[str, StageKind]]] = {}
    for named, stage, kind in new:
        by_pipeline.setdefault(named, []).append((stage, StageKind(kind)))
    for named, stages in by_pipeline.items():
        pipeline = Pipeline.objects.filter(name=named, archived_at=None).first()
        made = _lengthen(pipeline, stages, landing) if pipeline else _begin(named, stages, landing)
        there = {each.name: each for each in Stage.objects.filter(pipeline=made, archived_at=None)}
        for stage, _kind in stages:
            work.con.execute(
                "UPDATE stages SET stage_id = ? WHERE named = ? AND stage = ? AND stage_id IS NULL",
                [there[stage].pk, named, stage],
            )
    return len(new)


def place_of(stage: str | None) -> int:
    """How far along its pipeline a stage of this name usually stands."""
    text = (stage or "").casefold()
    met = [place for place, words in enumerate(_WAY) if re.search(words, text)]
    return met[-1] if met else len(_WAY) // 2


def _plan(pipeline: str | None, stages: Sequence[str | None], landing: Landing) -> list[Planned]:
    named, there = _pipeline_of(pipeline, stages, landing)
    first = {kind: next((each for each in there if each.kind == kind), None) for kind in StageKind}
    by_name = {normalise(each.name): each for each in there}
    planned = []
    for stage in stages:
        kind = kind_of(stage)
        found = by_name.get(normalise(stage or "")) or (
            None if stage and kind == StageKind.OPEN else first[kind]
        )
        kind = StageKind(found.kind) if found else kind
        planned.append(Planned(pipeline, stage, kind, named, found))
    return planned


def _pipeline_of(
    pipeline: str | None, stages: Sequence[str | None], landing: Landing
) -> tuple[str, list[Stage]]:
    """The name of the pipeline that rows go to, and its stages; where they name none, the default one if it has them all.

    Else one that is called as the file.
    """
    all_stages = list(access.stages())
    if pipeline is None:
        default = [each for each in all_stages if each.pipeline.is_default]
        has = {normalise(each.name) for each in default}
        if default and all(
            not each or kind_of(each) != StageKind.OPEN or normalise(each) in has for each in stages
        ):
            return default[0].pipeline.name, default
        pipeline = Import.objects.select_related("file").get(pk=landing.import_id).file.name
        pipeline = pipeline.split(".", 1)[0].replace("_", " ").strip()[:100]
    key = normalise(pipeline)
    there = [each for each in all_stages if normalise(each.pipeline.name) == key]
    return (there[0].pipeline.name if there else pipeline[:100]), there


def _begin(named: str, stages: Sequence[tuple[str, StageKind]], landing: Landing) -> Pipeline:
    """A pipeline of these stages; one that opens, wins or loses where the file has none."""
    made = create_pipeline(actor=landing.actor, name=named, now=landing.now)
    rules = [StageRules(name, kind=kind) for name, kind in stages]
    rules += [
        StageRules(str(kind.label), kind=kind)
        for kind in StageKind
        if kind not in {kind for _name, kind in stages}
    ]
    rules.sort(key=lambda each: list(StageKind).index(StageKind(each.kind)))
    return set_stages(actor=landing.actor, pipeline_id=made.pk, stages=rules, now=landing.now)


def _lengthen(pipeline: Pipeline, stages: Sequence[tuple[str, StageKind]], landing: Landing) -> Pipeline:
    """The pipeline with these stages too, open ones before those that close."""
    there = Stage.objects.filter(pipeline=pipeline, archived_at=None).order_by("position", "id")
    rules = [
        StageRules(
            each.name, each.pk, each.kind, each.probability, each.stuck_after, tuple(each.entry),
            tuple(each.leave), each.guide,
        )
        for each in there
    ]  # fmt: skip
    rules += [StageRules(name, kind=kind) for name, kind in stages]
    rules.sort(key=lambda each: each.kind != StageKind.OPEN)
    return set_stages(actor=landing.actor, pipeline_id=pipeline.pk, stages=rules, now=landing.now)
