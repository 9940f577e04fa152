from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from zhiyin.accounts.models import Member, Unit
from zhiyin.analytics.models import CustomerValue
from zhiyin.customers.choices import ContactKind, CustomerKind, Stage, Status, TimelineKind, UndoKind
from zhiyin.platform.keys import uuid7
from zhiyin.platform.tenancy import CurrentTenant, NewKey, TenantModel
from zhiyin.platform.versions import version_of


class Customer(TenantModel):
    """A person or organisation with a file.

    ``code_key`` is the code without blanks and case; ``name_key`` the pinyin (or lower-case) sort key.
    ``version`` counts changes, so that of two people editing the second is told.
    """

    kind = models.CharField(max_length=12, choices=CustomerKind, default=CustomerKind.PERSON)
    code = models.CharField(max_length=64)
    code_key = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=400)
    short_name = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=64, blank=True)
    city = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.POTENTIAL)
    stage = models.CharField(max_length=12, choices=Stage, blank=True)
    source = models.CharField(max_length=64, blank=True)
    owner = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, db_index=False)
    unit = models.ForeignKey(Unit, models.SET_NULL, null=True, blank=True, db_index=False)
    import_id = models.UUIDField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    # a join, not a column: what analysis last found about this customer
    value = models.ForeignObject(
        CustomerValue, models.DO_NOTHING, ["id"], ["customer_id"], null=True, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant_id", "code_key"], name="customer_code_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "name_key", "id"], name="customer_by_name"),
            models.Index(fields=["tenant_id", "created_at", "id"], name="customer_by_creation"),
            models.Index(fields=["tenant_id", "owner", "name_key", "id"], name="customer_by_owner"),
            models.Index(fields=["tenant_id", "unit", "name_key", "id"], name="customer_by_unit"),
            models.Index(fields=["tenant_id", "status", "name_key", "id"], name="customer_by_status"),
            models.Index(fields=["tenant_id", "country", "name_key", "id"], name="customer_by_country"),
            models.Index(fields=["tenant_id", "source", "name_key", "id"], name="customer_by_source"),
            models.Index(
                fields=["tenant_id", "import_id"],
                condition=models.Q(import_id__isnull=False),
                name="customer_by_import",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CustomerSearch(models.Model):
    """What the search box finds a customer by: its text, and the hashed n-grams of it.

    Under row-level security an index on ``tokens`` serves only the function ``search_customers``, which
    returns ids; the rows themselves still come through the policies.
    """

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="search")
    tenant_id = models.UUIDField(db_default=CurrentTenant(), editable=False)
    text = models.TextField()
    tokens = ArrayField(models.IntegerField())

    def __str__(self) -> str:
        return self.text


class ContactPoint(TenantModel):
    """A way to reach a customer. ``value_key`` is E.164 for phones, lower case for e-mail."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=10, choices=ContactKind)
    label = models.CharField(max_length=50, blank=True)
    value = models.CharField(max_length=400)
    value_key = models.CharField(max_length=400)
    parts = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    is_primary = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tenant_id", "kind", "value_key"], name="contact_by_value"),
        ]

    def __str__(self) -> str:
        return self.value

    @property
    def version(self) -> str:
        """Another one after each change."""
        return version_of(self.label, self.value, self.parts, self.is_primary)


class Tag(TenantModel):
    name = models.CharField(max_length=50)
    colour = models.CharField(max_length=10, default="blue")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant_id", "name"], name="tag_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def version(self) -> str:
        """Another one after each change."""
        return version_of(self.name, self.colour)


class CustomerTag(TenantModel):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="customer_tags")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="customer_tags")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tag", "customer"], name="customer_tag_once")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.tag_id}"


class Note(TenantModel):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="notes")
    author = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    body = models.TextField(max_length=10_000)
    pinned = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.body[:50]

    @property
    def version(self) -> str:
        """Another one after each change of the text."""
        return version_of(self.body)


class TimelineEvent(models.Model):
    """One touch with a customer. Partitioned by month of ``occurred_at`` (UTC)."""

    pk = models.CompositePrimaryKey("occurred_at", "id")
    id = models.UUIDField(default=uuid7, db_default=NewKey(), editable=False)
    tenant_id = models.UUIDField(db_default=CurrentTenant(), editable=False)
    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="timeline", db_constraint=False, db_index=False
    )
    occurred_at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=TimelineKind)
    actor_name = models.CharField(max_length=100, blank=True, db_default="")
    object_id = models.UUIDField(null=True, blank=True)
    import_id = models.UUIDField(null=True, blank=True)
    data = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))

    class Meta:
        managed = False
        db_table = "customers_timelineevent"

    def __str__(self) -> str:
        return f"{self.kind} {self.occurred_at:%Y-%m-%d}"


class StatusChange(TenantModel):
    """One move of a customer's status or stage, with what caused it."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="status_changes")
    status = models.CharField(max_length=12, choices=Status)
    stage = models.CharField(max_length=12, choices=Stage, blank=True)
    reason = models.CharField(max_length=200)
    changed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["tenant_id", "changed_at"], name="status_change_by_time")]

    def __str__(self) -> str:
        return f"{self.status} {self.changed_at:%Y-%m-%d}"


class SavedView(TenantModel):
    """A list's filter, order and columns under a name; shared when it has no member."""

    member = models.ForeignKey(Member, models.CASCADE, null=True, blank=True, related_name="+")
    page = models.CharField(max_length=50)
    name = models.CharField(max_length=100)
    query = models.CharField(max_length=2000, blank=True)
    columns = ArrayField(models.CharField(max_length=50), default=list)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_id", "member", "page", "name"], nulls_distinct=False, name="saved_view_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Undo(TenantModel):
    """What one change found before it, so that whoever made it can take it back within some days.

    Of owners, element by element: the customer, its owner and unit before, its version after. Of tags: the
    customers, and the links that were put there. Of a note: its row in ``data``.
    """

    member = models.ForeignKey(Member, models.CASCADE, null=True, related_name="+")
    what = models.CharField(max_length=12, choices=UndoKind)
    customer_ids = ArrayField(models.UUIDField(), default=list)
    owner_ids = ArrayField(models.UUIDField(null=True), default=list)
    unit_ids = ArrayField(models.UUIDField(null=True), default=list)
    versions = ArrayField(models.IntegerField(), default=list)
    link_ids = ArrayField(models.UUIDField(), default=list)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["tenant_id", "created_at"], name="undo_by_creation")]

    def __str__(self) -> str:
        return f"{self.what} of {len(self.customer_ids)}"
