from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from zhiyin.accounts.models import Member
from zhiyin.activities.choices import ConnectionProblem
from zhiyin.activities.models.appointment import Appointment
from zhiyin.platform.tenancy import TenantModel


class CalendarConnection(TenantModel):
    """A member's calendar on another server (CalDAV, RFC 4791), kept the same as the one here.

    ``calendar_url`` is empty until one of ``found`` (address and name) is chosen. ``next_at`` is when it is synchronised
    next, empty while that waits for the member; ``running_until`` is until when a worker has it.
    """

    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    url = models.CharField(max_length=500)
    username = models.CharField(max_length=200)
    sealed = models.BinaryField(max_length=2_000)
    calendar_url = models.CharField(max_length=1_000, blank=True, db_default="")
    calendar_name = models.CharField(max_length=200, blank=True, db_default="")
    found = models.JSONField(default=list)
    tag = models.CharField(max_length=500, blank=True, db_default="")
    problem = models.CharField(max_length=12, choices=ConnectionProblem, blank=True, db_default="")
    tries = models.IntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)
    synced_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    running_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(ended_at=None), name="calendar_connection_one_good"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["tenant_id", "next_at"],
                condition=Q(ended_at=None, next_at__isnull=False),
                name="calendar_connection_due",
            )
        ]

    def __str__(self) -> str:
        return self.calendar_name or self.url


class CalendarObject(TenantModel):
    """What is known of one object of a connected calendar: an appointment or a series with what differs from it.

    ``agreed`` has digests of what both sides had last, so that what changed since is known without keeping texts twice;
    ``appointment`` is empty for what is left there alone, and ``problem`` says why where somebody should know.
    """

    connection = models.ForeignKey(CalendarConnection, models.CASCADE, related_name="objects_there")
    appointment = models.ForeignKey(Appointment, models.CASCADE, null=True, related_name="+")
    href = models.CharField(max_length=1_000)
    etag = models.CharField(max_length=500)
    agreed = models.JSONField(default=dict)
    problem = models.CharField(max_length=300, blank=True, db_default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "href"], name="calendar_object_once"),
            models.UniqueConstraint(fields=["connection", "appointment"], name="calendar_object_one_each"),
        ]

    def __str__(self) -> str:
        return self.href
