"""Pipelines as a company sets them up: their stages, and why deals are won and lost."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, F
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from zhiyin.accounts.models import Unit
from zhiyin.commerce.money import checked_text
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.platform.record import record, write_each
from zhiyin.platform.text import checked
from zhiyin.sales.actions.pipelines import add_stages
from zhiyin.sales.choices import Need, StageKind
from zhiyin.sales.events import OpportunityMoved, PipelineChanged
from zhiyin.sales.models import CloseReason, Opportunity, Pipeline, Stage, StageStay

MOST_STAGES, MOST_REASONS = 20, 50


@dataclass(frozen=True, slots=True)
class StageRules:
    """A stage as ``Stage`` describes it; without an ``id`` a new one."""

    name: str
    id: uuid.UUID | None = None
    kind: str = StageKind.OPEN
    probability: int | None = None
    stuck_after: int | None = None
    entry: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    guide: str = ""


def create_pipeline(
    *, actor: Actor, name: str, unit_id: uuid.UUID | None = None, now: datetime.datetime
) -> Pipeline:
    """A pipeline with the stages that most companies begin with, of one unit or of all."""
    actor.require("sales.manage")
    name = checked_text(name, 100, "name")
    if not name:
        raise Invalid(_("A pipeline needs a name."), field="name")
    if Pipeline.objects.filter(name=name, archived_at=None).exists():
        raise Conflict(_("There is a pipeline of this name already."), field="name")
    if unit_id and not Unit.objects.filter(pk=unit_id).exists():
        raise Invalid(_("There is no such unit."), field="unit_id")
    is_first = not Pipeline.objects.filter(is_default=True).exists()
    made = Pipeline.objects.create(name=name, unit_id=unit_id, is_default=is_first, created_at=now)
    add_stages(made)
    _tell(actor, made, "added", {"name": [None, name]}, now)
    return made


def set_stages(
    *,
    actor: Actor,
    pipeline_id: uuid.UUID,
    stages: Sequence[StageRules],
    goes_to: Mapping[uuid.UUID, uuid.UUID] | None = None,
    version: int | None = None,
    now: datetime.datetime,
) -> Pipeline:
    """The stages of a pipeline in their order; one that is not among them goes.

    Its opportunities go to the stage of the same kind that ``goes_to`` names for it. Raises ``Invalid`` with the stage at fault as the field
    (``stages[2]``), also for one that holds opportunities and names none; ``Conflict`` when changed since ``version``.
    """
    actor.require("sales.manage")
    pipeline = Pipeline.objects.select_for_update().filter(pk=pipeline_id, archived_at=None).first()
    if pipeline is None:
        raise NotFound
    if version is not None and version != pipeline.version:
        raise Conflict
    known = {each.pk: each for each in Stage.objects.filter(pipeline=pipeline, archived_at=None)}
    _check(stages, known)
    before = [each.name for each in sorted(known.values(), key=lambda each: each.position)]
    kept = {each.id for each in stages if each.id}
    there = {key: each for key, each in known.items() if key in kept}
    dropped = [each for key, each in known.items() if key not in kept]
    targets = {each.pk: there.get((goes_to or {}).get(each.pk) or each.pk) for each in dropped}
    for each in dropped:
        _drop(actor, each, targets[each.pk], now)
    # two stages may take each other's names
    Stage.objects.filter(pk__in=kept).update(name=Cast("id", CharField()))
    for position, rules in enumerate(stages):
        stage = known[rules.id] if rules.id else Stage(pipeline=pipeline, kind=rules.kind)
        _apply(stage, rules, position)
    for each in dropped:
        _bring_back(each, targets[each.pk])
    pipeline.version += 1
    pipeline.save(update_fields=["version"])
    _tell(actor, pipeline, "changed", {"stages": [before, [each.name for each in stages]]}, now)
    return pipeline


def set_close_reasons(
    *, actor: Actor, kind: str, names: Sequence[str], now: datetime.datetime
) -> list[CloseReason]:
    """Why deals are won, or lost, in this order. One that is not named is no longer offered; past deals keep it."""
    actor.require("sales.manage")
    if kind not in (StageKind.WON, StageKind.LOST):
        raise Invalid(_("This is not one of the choices."), field="kind")
    wanted = [name for name in dict.fromkeys(checked_text(each, 100, "names") for each in names) if name]
    if len(wanted) > MOST_REASONS:
        raise Invalid(_("These are more than %d.") % MOST_REASONS, field="names")
    known = {each.name: each for each in CloseReason.objects.select_for_update().filter(kind=kind)}
    before = [name for name, each in known.items() if each.archived_at is None]
    CloseReason.objects.filter(kind=kind, archived_at=None).exclude(name__in=wanted).update(archived_at=now)
    for position, name in enumerate(wanted):
        CloseReason.objects.update_or_create(
            kind=kind, name=name, defaults={"position": position, "archived_at": None}
        )
    if before != wanted:
        record(
            PipelineChanged(actor.tenant_id, "changed"),
            actor=actor,
            now=now,
            subject=("close_reasons", actor.tenant_id),
            changes={"reasons": [before, wanted]},
        )
    return list(CloseReason.objects.filter(kind=kind, archived_at=None).order_by("position"))


def _check(stages: Sequence[StageRules], known: Mapping[uuid.UUID, Stage]) -> None:
    if len(stages) > MOST_STAGES:
        raise Invalid(_("These are more than %d.") % MOST_STAGES, field="stages")
    names: set[str] = set()
    for place, each in enumerate(stages):
        here = f"stages[{place}]"
        name = checked_text(each.name, 100, here)
        if not name or name in names:
            raise Invalid(_("Each stage needs a name of its own."), field=here)
        names.add(name)
        if each.id and each.id not in known:
            raise Invalid(_("There is no such stage."), field=here)
        if each.kind not in StageKind.values or (each.id and known[each.id].kind != each.kind):
            raise Invalid(_("A stage stays open, won or lost."), field=here)
        if not {*each.entry, *each.leave} <= set(Need.values):
            raise Invalid(_("This is not one of the choices."), field=here)
        if each.probability is not None and not 0 <= each.probability <= 100:
            raise Invalid(_("A probability is a whole number from 0 to 100."), field=here)
        if each.stuck_after is not None and not 1 <= each.stuck_after <= 3650:
            raise Invalid(_("Days are a whole number from 1 to 3650."), field=here)
    if {each.kind for each in stages} != set(StageKind.values):
        raise Invalid(_("A pipeline needs an open stage, one that wins and one that loses."), field="stages")


def _apply(stage: Stage, rules: StageRules, position: int) -> None:
    stage.name = checked_text(rules.name, 100, "stages")
    stage.probability, stage.stuck_after = rules.probability, rules.stuck_after
    stage.entry, stage.leave = list(rules.entry), list(rules.leave)
    stage.guide = checked(rules.guide, "stages", 5000)
    stage.position = position
    stage.save()


def _drop(actor: Actor, stage: Stage, target: Stage | None, now: datetime.datetime) -> None:
    """Archive a stage, its opportunities in another of its kind."""
    rows = Opportunity.objects.select_for_update(no_key=True).filter(stage=stage)
    held = list(rows.values_list("pk", flat=True))
    if held and (target is None or target.kind != stage.kind):
        told = _(
            "“%(stage)s” holds %(count)d opportunities: choose the stage of the same kind that they go to."
        )
        raise Invalid(told % {"stage": stage.name, "count": len(held)}, field="goes_to")
    if held and target:
        _carry(actor, held, stage, target, now)
    stage.archived_at = now
    stage.save(update_fields=["archived_at"])


def _carry(
    actor: Actor, held: Sequence[uuid.UUID], stage: Stage, target: Stage, now: datetime.datetime
) -> None:
    Opportunity.objects.filter(pk__among=held).update(
        stage=target, stage_since=now, version=F("version") + 1, updated_at=now
    )
    StageStay.objects.filter(opportunity__among=held, left_at=None).update(left_at=now)
    StageStay.objects.bulk_create(
        StageStay(opportunity_id=key, stage=target, entered_at=now, member_id=actor.member_id) for key in held
    )
    changes: dict[uuid.UUID, dict[str, list[Any]]] = {
        key: {"stage": [stage.name, target.name]} for key in held
    }
    write_each(OpportunityMoved.name, actor=actor, now=now, kind="opportunity", changes=changes)


def _bring_back(stage: Stage, target: Stage | None) -> None:
    """Those that came as far as a stage that goes came as far as the open one before it, or else the one after."""
    if stage.kind != StageKind.OPEN:
        return
    others = Stage.objects.filter(pipeline=stage.pipeline_id, kind=StageKind.OPEN, archived_at=None)
    before = others.filter(position__lt=stage.position).order_by("-position").first()
    next_to = target or before or others.order_by("position").first()
    Opportunity.objects.filter(pipeline=stage.pipeline_id, furthest=stage).update(furthest=next_to)


def _tell(
    actor: Actor, pipeline: Pipeline, what: str, changes: dict[str, list[Any]], now: datetime.datetime
) -> None:
    record(
        PipelineChanged(pipeline.pk, what),
        actor=actor,
        now=now,
        subject=("pipeline", pipeline.pk),
        changes=changes,
    )
