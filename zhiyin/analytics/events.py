import uuid
from dataclasses import dataclass
from typing import ClassVar

from zhiyin.platform.outbox import Event


@dataclass(frozen=True)
class AnalysisFinished(Event):
    name: ClassVar = "analytics.analysis_finished"
    analysis_id: uuid.UUID
    customers: int


@dataclass(frozen=True)
class InsightSettingsChanged(Event):
    name: ClassVar = "analytics.settings_changed"
