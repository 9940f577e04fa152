from __future__ import annotations

from typing import ClassVar

from django.db import models

from zhiyin.customers.models.customer import Customer
from zhiyin.platform.tenancy import TenantModel
from zhiyin.platform.versions import version_of


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
