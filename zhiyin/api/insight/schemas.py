import datetime
import uuid
from decimal import Decimal
from typing import Any

from ninja import Field, Schema


class AnalysisOut(Schema):
    """One analysis: ``models`` and ``backtest`` by segment of customers, what is refused with its reason."""

    id: uuid.UUID
    as_of: datetime.datetime
    finished_at: datetime.datetime
    settings: dict[str, Any]
    counts: dict[str, Any]
    models: dict[str, Any]
    backtest: dict[str, Any]
    retention: dict[str, Any]
    concentration: dict[str, Any]
    groups: dict[str, Any]
    findings: list[dict[str, Any]]
    sentences: list[str]


class AnalysisRow(Schema):
    id: uuid.UUID
    as_of: datetime.datetime
    finished_at: datetime.datetime
    counts: dict[str, Any]


class CustomerValueOut(Schema):
    """What the last analysis knows of a customer; predictions are null where the data are too thin."""

    customer_id: uuid.UUID
    as_of: datetime.datetime
    orders: int
    first_at: datetime.datetime
    last_at: datetime.datetime
    spend: Decimal
    margin: Decimal
    frequency: int
    recency: float
    age: float
    mean_spend: float
    recency_score: int
    frequency_score: int
    monetary_score: int
    group: str
    alive: float | None
    expected_orders: float | None
    value: float | None
    value_low: float | None
    value_high: float | None


class InsightSettingsIn(Schema):
    """``scores`` may hold four ascending limits each for recency (days), frequency and monetary."""

    unit: str = Field(description="day, week, month or quarter")
    horizon_months: int
    discount_rate: Decimal = Field(description="A year; 0.1 is 10 %.")
    margin_rate: Decimal = Field(description="Share of a sale that is margin where no cost is known.")
    loyal_orders: int
    lost_after_days: int
    scores: dict[str, list[float]] = {}
    segment_by: str = Field(
        "", description="Key of an own field whose values have models of their own; empty: the kind."
    )


class InsightSettingsChange(InsightSettingsIn):
    version: str | None = Field(None, description="The version that was read; an older one answers 409.")


class InsightSettingsOut(InsightSettingsIn):
    version: str
    updated_at: datetime.datetime


class AnalysisRequest(Schema):
    until: datetime.date | None = Field(None, description="Last day to look at; else the last order's.")
