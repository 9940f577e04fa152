from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from zhiyin.accounts.models import Member
from zhiyin.approvals.choices import OPEN, Answer, Did, Mode, RequestState, TurnState, Way
from zhiyin.approvals.models.rule import ApprovalRule
from zhiyin.platform.tenancy import TenantModel


class ApprovalRequest(TenantModel):
    """That somebody asked for a yes to something as it was then: ``digest`` tells whether it is so still.

    ``amount`` (in ``currency``), ``discount`` and ``margin`` (percent) are what the rule went by.
    """

    subject = models.CharField(max_length=50)
    subject_id = models.UUIDField()
    digest = models.CharField(max_length=32)
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, blank=True)
    discount = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    margin = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    reason = models.TextField(max_length=2000, blank=True)
    requester = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+", db_index=False)
    rule = models.ForeignKey(ApprovalRule, models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=RequestState, default=RequestState.PENDING)
    version = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "subject", "subject_id"],
                condition=Q(state__in=OPEN),
                name="approval_request_open_once",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["subject", "subject_id", "created_at"], name="approval_by_subject"),
            models.Index(fields=["requester", "created_at"], name="approval_by_requester"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id}"


class ApprovalTurn(TenantModel):
    """One step of a request, as its rule was when it was asked for."""

    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="turns")
    position = models.PositiveSmallIntegerField()
    mode = models.CharField(max_length=3, choices=Mode)
    hours = models.PositiveSmallIntegerField(null=True)
    state = models.CharField(max_length=7, choices=TurnState, default=TurnState.WAITING)
    due_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(state=TurnState.OPEN), name="approval_turn_by_due")
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.position}"


class ApprovalSeat(TenantModel):
    """Somebody who is asked in a turn, and the answer; ``answered_by`` is the deputy where one answered."""

    turn = models.ForeignKey(ApprovalTurn, models.CASCADE, related_name="seats")
    member = models.ForeignKey(Member, models.PROTECT, related_name="+", db_index=False)
    way = models.CharField(max_length=9, choices=Way, default=Way.RULE)
    answer = models.CharField(max_length=8, choices=Answer, blank=True, db_default="")
    answered_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+", db_index=False)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["turn", "member"], name="approval_seat_once")
        ]
        indexes: ClassVar = [models.Index(fields=["member", "answer"], name="approval_seat_by_member")]

    def __str__(self) -> str:
        return f"{self.turn_id} {self.member_id}"


class ApprovalAct(TenantModel):
    """What somebody did with a request, or the clock; ``on_behalf`` of whom a deputy did it."""

    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="acts")
    member = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)
    on_behalf = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+", db_index=False)
    did = models.CharField(max_length=9, choices=Did)
    text = models.TextField(max_length=2000, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["request", "at"], name="approval_act_by_request")]

    def __str__(self) -> str:
        return f"{self.request_id} {self.did}"
