from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from zhiyin.accounts.choices import RecordScope, Theme, TimeFormat
from zhiyin.platform.keys import uuid7
from zhiyin.platform.permissions import registered
from zhiyin.platform.tenancy import NewKey, TenantModel


class Tenant(models.Model):
    """A company with a file of its own customers. Global: a tenant is found before it is entered.

    Here and below ``version`` counts changes, so that of two people editing the second is told.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=NewKey(), editable=False)
    code = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3, default="CNY")
    time_zone = models.CharField(max_length=50, default="Asia/Shanghai")
    language = models.CharField(max_length=10, default="zh-hans")
    # how long deleted records can be restored
    bin_days = models.PositiveSmallIntegerField(default=30, db_default=30)
    # how long files are kept that people exported, and that they uploaded for an import
    export_days = models.PositiveSmallIntegerField(default=30, db_default=30)
    upload_days = models.PositiveSmallIntegerField(default=90, db_default=90)
    # until when people's requests about their data are answered; empty means what the law says
    request_days = models.PositiveSmallIntegerField(null=True)
    # whether exported files say in each row who made them
    watermark = models.BooleanField(default=False, db_default=False)
    version = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    @property
    def days_to_answer(self) -> int:
        """For a request of somebody about his data: the company's own number, else PIPL's practice or the GDPR's month."""
        return self.request_days or (15 if self.currency == "CNY" else 30)


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person who signs in. Global: one person may be a member of several tenants.

    ``mails`` says whether what he is told comes by mail as well.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=NewKey(), editable=False)
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, blank=True)
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.AUTO)
    time_format = models.CharField(
        max_length=4, choices=TimeFormat, default=TimeFormat.AUTO, db_default=TimeFormat.AUTO
    )
    mails = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.email

    @property
    def has_address(self) -> bool:
        """Whether a mail could reach the person; who came in a list without one has a name that RFC 2606 keeps free."""
        return not self.email.endswith(".invalid")


class Unit(TenantModel):
    """An organisation unit in the tenant's tree; ``path`` holds the ids from the root down to it."""

    name = models.CharField(max_length=200)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = ArrayField(models.UUIDField(), default=list)
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "parent", "name"], nulls_distinct=False, name="unit_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Role(TenantModel):
    """A set of permissions plus the records they reach.

    ``holds_all`` means all permissions there are, those of later versions too, and every field.
    ``field_rules`` names fields of records that its people do not see and change as they like, with how far.
    """

    name = models.CharField(max_length=100)
    permissions = ArrayField(models.CharField(max_length=50), default=list)
    holds_all = models.BooleanField(default=False, db_default=False)
    scope = models.CharField(max_length=10, choices=RecordScope, default=RecordScope.OWN)
    field_rules = models.JSONField(default=dict, db_default={}, blank=True)
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id", "name"], name="role_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def grants(self) -> frozenset[str]:
        """The permissions it gives, whether listed or all."""
        return frozenset(registered()) if self.holds_all else frozenset(self.permissions)


class Member(TenantModel):
    """A user's place in one tenant."""

    user = models.ForeignKey(User, models.PROTECT, related_name="members")
    name = models.CharField(max_length=100)
    name_key = models.CharField(max_length=200, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="members")
    role = models.ForeignKey(Role, models.PROTECT, related_name="members")
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id", "user"], name="member_once")]

    def __str__(self) -> str:
        return self.name


class ApiToken(TenantModel):
    """A program's key. Only the SHA-256 of the secret is kept."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    digest = models.BinaryField(max_length=32, unique=True)
    permissions = ArrayField(models.CharField(max_length=50), default=list)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Handover(TenantModel):
    """That what a member had went to others.

    ``plan`` says what was to go to whom; ``parts`` by code what went, how many each got, how many stay and why, and
    what takes it back.
    """

    giver = models.ForeignKey(Member, models.PROTECT, related_name="+")
    made_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    plan = models.JSONField(default=dict)
    parts = models.JSONField(default=dict)
    job_id = models.UUIDField(null=True)
    undo_job_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["tenant_id", "created_at"], name="handover_by_creation")]

    def __str__(self) -> str:
        return f"{self.giver_id} {self.created_at:%Y-%m-%d}"


class SignInAttempt(models.Model):
    """A try at a password that did not succeed, or a stranger's request, in one of the buckets that ``throttle`` counts.

    Global: nobody is signed in yet. ``bucket`` is a keyed hash: no address or e-mail is kept.
    """

    bucket = models.CharField(max_length=64)
    tried_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["bucket", "tried_at"], name="sign_in_attempt_by_bucket")]

    def __str__(self) -> str:
        return self.bucket
