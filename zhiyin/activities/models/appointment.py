from __future__ import annotations

import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from zhiyin.accounts.models import Member
from zhiyin.activities.choices import Answer
from zhiyin.customers.models import Customer
from zhiyin.platform.tenancy import TenantModel

_THERE = Q(removed_at=None)


class Appointment(TenantModel):
    """Something in ``owner``'s calendar, once or as a series (RFC 5545).

    Whole days are kept as their midnights in UTC, ``ends_at`` that of the day after the last. ``last_at`` is when its
    last occurrence ends, empty for a series without an end. One occurrence that differs from its series is a row of
    its own with ``series`` and ``original_start``, which is where the rule would have it.
    """

    owner = models.ForeignKey(Member, models.PROTECT, related_name="appointments")
    author = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    uid = models.CharField(max_length=255)
    series = models.ForeignKey("self", models.CASCADE, null=True, related_name="exceptions")
    original_start = models.DateTimeField(null=True)
    title = models.CharField(max_length=200)
    place = models.CharField(max_length=200, blank=True, db_default="")
    details = models.TextField(max_length=10_000, blank=True, db_default="")
    all_day = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    zone = models.CharField(max_length=64)
    rule = models.CharField(max_length=500, blank=True, db_default="")
    skipped = ArrayField(models.DateTimeField(), default=list)
    last_at = models.DateTimeField(null=True)
    is_private = models.BooleanField(default=False)
    remind_minutes = models.IntegerField(null=True)
    remind_at = models.DateTimeField(null=True)
    revision = models.IntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")), name="appointment_ends_after_start"
            ),
            models.UniqueConstraint(
                fields=["series", "original_start"],
                condition=Q(series__isnull=False),
                name="appointment_one_exception",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "starts_at"], condition=_THERE, name="appointment_by_owner"),
            models.Index(
                fields=["tenant_id", "remind_at"],
                condition=_THERE & Q(remind_at__isnull=False),
                name="appointment_to_remind",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def wall(self) -> datetime.tzinfo:
        """The clock that its times are told by."""
        return datetime.UTC if self.all_day else ZoneInfo(self.zone)

    @property
    def version(self) -> str:
        """Another one after each change."""
        return str(self.revision)


class Participant(TenantModel):
    """Whom an appointment is with besides its owner: a member or a customer."""

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="participants")
    member = models.ForeignKey(Member, models.CASCADE, null=True, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="appointments")
    answer = models.CharField(max_length=10, choices=Answer, default=Answer.OPEN)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(member__isnull=False, customer__isnull=True)
                | Q(member__isnull=True, customer__isnull=False),
                name="participant_is_somebody",
            ),
            models.UniqueConstraint(fields=["appointment", "member"], name="participant_member_once"),
            models.UniqueConstraint(fields=["appointment", "customer"], name="participant_customer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id or self.customer_id}"


class AppointmentUndo(TenantModel):
    """What takes a change of appointments back: the rows as they were, those it made, and the revisions it left."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    before = models.JSONField()
    revisions = models.JSONField()
    made_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d %H:%M}"


class CalendarFeed(TenantModel):
    """The secret address at which other programs read a member's calendar; only its digest is kept."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(revoked_at=None), name="calendar_feed_one_good"
            )
        ]

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d}"
