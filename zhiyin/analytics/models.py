from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models.functions import Cast
from django.utils import timezone

from zhiyin.platform.tenancy import CurrentTenant, TenantModel
from zhiyin.platform.versions import version_of


class InsightSettings(TenantModel):
    """How this tenant reckons value: one row a tenant, defaults where there is none.

    ``unit`` is the time unit of the models; ``margin_rate`` the share of revenue that is margin where a
    product has no cost; ``discount_rate`` is yearly; thresholds are upper bounds of the scores; ``segment_by`` is the
    own field whose values have models of their own, kinds of customers when it is empty.
    """

    unit = models.CharField(max_length=5, default="week")
    horizon_months = models.PositiveSmallIntegerField(default=12)
    discount_rate = models.DecimalField(max_digits=6, decimal_places=4, default=Decimal("0.10"))
    margin_rate = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal(1))
    loyal_orders = models.PositiveSmallIntegerField(default=5)
    lost_after_days = models.PositiveSmallIntegerField(default=365)
    scores = models.JSONField(default=dict)
    segment_by = models.CharField(max_length=64, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    CHOSEN: ClassVar = (
        "unit",
        "horizon_months",
        "discount_rate",
        "margin_rate",
        "loyal_orders",
        "lost_after_days",
        "scores",
        "segment_by",
    )

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id"], name="insight_settings_once")]

    def __str__(self) -> str:
        return ", ".join(f"{name} {getattr(self, name)}" for name in self.CHOSEN)

    @property
    def version(self) -> str:
        """Another one after each change."""
        return version_of(*(getattr(self, name) for name in self.CHOSEN))


class Analysis(TenantModel):
    """One run over a tenant's purchases: the models fitted, how good they are, what was found."""

    as_of = models.DateTimeField()
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    job_id = models.UUIDField(null=True, blank=True)
    counts = models.JSONField(default=dict)
    fits = models.JSONField(default=dict)
    backtest = models.JSONField(default=dict)
    retention = models.JSONField(default=dict)
    concentration = models.JSONField(default=dict)
    groups = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    findings = models.JSONField(default=list)
    settings = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["tenant_id", "finished_at"], name="analysis_by_time")]

    def __str__(self) -> str:
        return f"{self.as_of:%Y-%m-%d}"


class CustomerValue(models.Model):
    """What analysis last found about one customer (``customer_id``, a row of an app further up).

    Times of the purchase record are in units of the tenant's settings; money in the tenant's currency.
    Predicted numbers are null where the data are too thin for a model.
    """

    customer_id = models.UUIDField(primary_key=True)
    tenant_id = models.UUIDField(db_default=CurrentTenant(), editable=False)
    analysis = models.ForeignKey(Analysis, models.CASCADE, db_constraint=False, db_index=False)
    orders = models.PositiveIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    spend = models.DecimalField(max_digits=19, decimal_places=4)
    # numeric comparison is not leakproof, so that under row-level security no index would serve it
    spend_key = models.GeneratedField(
        expression=Cast("spend", models.FloatField()), output_field=models.FloatField(), db_persist=True
    )
    margin = models.DecimalField(max_digits=19, decimal_places=4)
    frequency = models.PositiveIntegerField()
    recency = models.FloatField()
    age = models.FloatField()
    mean_spend = models.FloatField()
    recency_score = models.PositiveSmallIntegerField()
    frequency_score = models.PositiveSmallIntegerField()
    monetary_score = models.PositiveSmallIntegerField()
    group = models.CharField(max_length=30)
    alive = models.FloatField(null=True)
    expected_orders = models.FloatField(null=True)
    value = models.FloatField(null=True)
    value_low = models.FloatField(null=True)
    value_high = models.FloatField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "value", "customer_id"], name="value_by_value"),
            models.Index(fields=["tenant_id", "alive", "customer_id"], name="value_by_alive"),
            models.Index(fields=["tenant_id", "last_at", "customer_id"], name="value_by_last"),
            models.Index(fields=["tenant_id", "spend_key", "customer_id"], name="value_by_spend"),
            models.Index(fields=["tenant_id", "group", "value", "customer_id"], name="value_by_group"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.value}"


class Dataset(TenantModel):
    """How far one registered dataset has been exported to the warehouse."""

    name = models.CharField(max_length=50)
    watermark = models.CharField(max_length=100, blank=True)
    rows = models.BigIntegerField(default=0)
    exported_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id", "name"], name="dataset_once")]

    def __str__(self) -> str:
        return self.name


class StalePartition(TenantModel):
    """A partition of a dataset that has changed since its last export; written by triggers, never unique."""

    dataset = models.CharField(max_length=50)
    partition = models.CharField(max_length=50)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["tenant_id", "dataset"], name="stale_by_dataset")]

    def __str__(self) -> str:
        return f"{self.dataset} {self.partition}"
