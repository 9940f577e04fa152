from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from zhiyin.accounts.models import Member
from zhiyin.customers.choices import PoolMoveKind
from zhiyin.customers.models.customer import Customer
from zhiyin.platform.tenancy import TenantModel


class Pool(TenantModel):
    """Customers without an owner that may be claimed by members of these units (and of those below), these roles,
    or these members; by all where none is named.

    ``filter`` is a filter, as JSON, that says whom it takes when customers are put into the right pool; of several
    that take one, the first by ``position``. ``daily_limit`` and ``held_limit`` bound how many one member claims a
    day and has of it at one time.
    """

    name = models.CharField(max_length=100)
    units = ArrayField(models.UUIDField(), default=list, blank=True)
    roles = ArrayField(models.UUIDField(), default=list, blank=True)
    members = ArrayField(models.UUIDField(), default=list, blank=True)
    daily_limit = models.PositiveIntegerField(null=True, blank=True)
    held_limit = models.PositiveIntegerField(null=True, blank=True)
    cooling_days = models.PositiveIntegerField(default=30)
    filter = models.JSONField(default=dict, db_default={}, blank=True)
    position = models.PositiveIntegerField(default=100, db_default=100)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class PoolLimit(TenantModel):
    """How many of those customers of a pool whom a filter takes, such as of a grade, one member claims a day and has
    at one time, beside the pool's own limits. Every limit that takes a customer holds.
    """

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="limits")
    name = models.CharField(max_length=100)
    filter = models.JSONField(default=dict)
    daily_limit = models.PositiveIntegerField(null=True, blank=True)
    held_limit = models.PositiveIntegerField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class PoolMove(TenantModel):
    """A customer who came into a pool, or left it by being claimed or assigned.

    ``member`` is who had it before, or who has it since. Never changed.
    """

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="moves", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="pool_moves", db_index=False)
    kind = models.CharField(max_length=8, choices=PoolMoveKind)
    member = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="pool_moves", db_index=False)
    actor_name = models.CharField(max_length=150)
    reason = models.CharField(max_length=200, blank=True)
    moved_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["member", "pool", "kind", "moved_at"], name="pool_move_by_member"),
            models.Index(fields=["tenant_id", "kind", "moved_at"], name="pool_move_by_time"),
            models.Index(fields=["customer", "moved_at"], name="pool_move_by_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.moved_at:%Y-%m-%d}"
