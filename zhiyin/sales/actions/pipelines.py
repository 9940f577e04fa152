"""Pipelines and their stages."""

import datetime

from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _

from zhiyin.accounts.models import Tenant
from zhiyin.platform.actors import Actor
from zhiyin.platform.record import record
from zhiyin.sales.choices import Need, StageKind
from zhiyin.sales.events import PipelineChanged
from zhiyin.sales.models import CloseReason, Pipeline, Stage


def default_pipeline(*, actor: Actor, now: datetime.datetime) -> Pipeline:
    """The one that opportunities begin in.

    When there is none it is made, with stages and reasons that most companies begin with, in the company's language.
    """
    actor.require("sales.edit")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 4))", [str(actor.tenant_id)])
    found = Pipeline.objects.filter(is_default=True).first()
    if found:
        return found
    with translation.override(Tenant.objects.values_list("language", flat=True).get(pk=actor.tenant_id)):
        made = _make(now)
    record(
        PipelineChanged(made.pk, "added"),
        actor=actor,
        now=now,
        subject=("pipeline", made.pk),
        changes={"name": [None, made.name]},
    )
    return made


def _make(now: datetime.datetime) -> Pipeline:
    made = Pipeline.objects.create(name=_("Sales"), is_default=True, created_at=now)
    add_stages(made)
    CloseReason.objects.bulk_create(
        CloseReason(kind=kind, name=name, position=position)
        for kind, names in _first_reasons().items()
        for position, name in enumerate(names)
    )
    return made


def add_stages(pipeline: Pipeline) -> None:
    """Those that most companies begin with, in the active language."""
    Stage.objects.bulk_create(
        Stage(pipeline=pipeline, position=position, **stage) for position, stage in enumerate(_first_stages())
    )


def _first_stages() -> list[dict[str, object]]:
    return [
        {"name": _("Qualification"), "probability": 10, "stuck_after": 14},
        {"name": _("Analysis of needs"), "probability": 25, "stuck_after": 21},
        {"name": _("Offer"), "probability": 50, "stuck_after": 21, "entry": [Need.AMOUNT]},
        {
            "name": _("Negotiation"),
            "probability": 75,
            "stuck_after": 14,
            "entry": [Need.AMOUNT, Need.EXPECTED],
        },
        {"name": str(StageKind.WON.label), "kind": StageKind.WON, "entry": [Need.CUSTOMER, Need.AMOUNT]},
        {"name": str(StageKind.LOST.label), "kind": StageKind.LOST},
    ]


def _first_reasons() -> dict[StageKind, list[str]]:
    return {
        StageKind.WON: [_("Price"), _("Quality"), _("Delivery time"), _("Good relationship")],
        StageKind.LOST: [_("Price"), _("Went to a competitor"), _("No budget"), _("No need"), _("No answer")],
    }
