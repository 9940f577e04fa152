from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from zhiyin.accounts.models import Member, Unit
from zhiyin.approvals.choices import Mode, Who
from zhiyin.platform.tenancy import TenantModel


class ApprovalRule(TenantModel):
    """When something needs a yes, and whose: of the rules of one subject the first that fits holds.

    A bound that is empty asks for nothing. ``amount_from`` is in ``currency``, ``discount_from`` and ``margin_below``
    in percent; ``unit`` (with those below it) and ``member`` are of who asks. One without steps says yes by itself.
    """

    subject = models.CharField(max_length=50)
    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=0, db_default=0)
    currency = models.CharField(max_length=3)
    amount_from = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    discount_from = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    margin_below = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    member = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    grades = ArrayField(models.CharField(max_length=50), default=list, db_default=[])
    version = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "name"], condition=Q(archived_at=None), name="approval_rule_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ApprovalStep(TenantModel):
    """Who is asked at one moment: steps come one after another, the people of one step together.

    After ``hours`` without an answer somebody above is asked besides.
    """

    rule = models.ForeignKey(ApprovalRule, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    who = models.CharField(max_length=8, choices=Who)
    mode = models.CharField(max_length=3, choices=Mode, default=Mode.ANY)
    hours = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "position"], name="approval_step_once")
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.position}"


class ApprovalStepMember(TenantModel):
    step = models.ForeignKey(ApprovalStep, models.CASCADE, related_name="named")
    member = models.ForeignKey(Member, models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["step", "member"], name="approval_step_member_once")
        ]

    def __str__(self) -> str:
        return f"{self.step_id} {self.member_id}"


class Absence(TenantModel):
    """Days, the last one too, on which somebody else answers for a member."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    deputy = models.ForeignKey(Member, models.CASCADE, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="absence_in_order"),
            models.CheckConstraint(condition=~Q(deputy=F("member")), name="absence_deputy_other"),
        ]
        indexes: ClassVar = [models.Index(fields=["deputy", "ends_on"], name="absence_by_deputy")]

    def __str__(self) -> str:
        return f"{self.member_id} {self.starts_on}"
