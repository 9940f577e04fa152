import uuid
from dataclasses import dataclass
from typing import ClassVar

from zhiyin.platform.outbox import Event


@dataclass(frozen=True)
class PipelineChanged(Event):
    """``what`` is ``added`` or ``changed``."""

    name: ClassVar = "sales.pipeline_changed"
    pipeline_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class OpportunityChanged(Event):
    """``what`` is ``added``, ``changed``, ``removed`` or ``restored``."""

    name: ClassVar = "sales.opportunity_changed"
    opportunity_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class OpportunityMoved(Event):
    """Into another stage; ``state`` is what that stage makes of it."""

    name: ClassVar = "sales.opportunity_moved"
    opportunity_id: uuid.UUID
    stage_id: uuid.UUID
    state: str


@dataclass(frozen=True)
class CompetitorChanged(Event):
    """What is known of a competitor was changed."""

    name: ClassVar = "sales.competitor_changed"
    competitor_id: uuid.UUID


@dataclass(frozen=True)
class LeadFormChanged(Event):
    """``what`` is ``added``, ``changed``, ``archived``, ``restored``; ``came`` or ``refused`` of what was sent."""

    name: ClassVar = "sales.lead_form_changed"
    form_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class LeadRuleChanged(Event):
    """``what`` is ``added``, ``changed``, ``archived`` or ``restored``."""

    name: ClassVar = "sales.lead_rule_changed"
    rule_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class LeadChanged(Event):
    """``what`` is ``added``, ``changed``, ``removed``, ``restored``, ``overdue`` or the state that it has now."""

    name: ClassVar = "sales.lead_changed"
    lead_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class ForecastTaken(Event):
    """The forecast of a day was kept; ``day`` as ISO 8601."""

    name: ClassVar = "sales.forecast_taken"
    day: str


@dataclass(frozen=True)
class TargetsChanged(Event):
    """Targets of a period, such as ``2026-Q4``, were set, changed or taken away."""

    name: ClassVar = "sales.targets_changed"
    period: str


@dataclass(frozen=True)
class TerritoryChanged(Event):
    """``what`` is ``added``, ``changed``, ``archived`` or ``restored``."""

    name: ClassVar = "sales.territory_changed"
    territory_id: uuid.UUID
    what: str
