"""The company's rules of retention."""

from zhiyin.customers.models import RetentionRule


def retention_rules(*, archived: bool = False) -> list[RetentionRule]:
    """By name, with the purpose. One SQL statement."""
    rows = RetentionRule.objects.filter(archived_at__isnull=not archived).select_related("purpose")
    return list(rows.order_by("name", "id"))
