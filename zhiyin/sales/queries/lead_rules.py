"""Rules of who gets which leads."""

from django.db.models import F

from zhiyin.sales.models import LeadRule


def open_lead_rules() -> list[LeadRule]:
    """Those that hold, in the order in which they are asked. One SQL statement."""
    return list(LeadRule.objects.filter(archived_at=None).order_by("position", "created_at", "id"))


def lead_rules() -> list[LeadRule]:
    """All of them, those that hold first. One SQL statement."""
    rows = LeadRule.objects.select_related("escalate_to")
    return list(rows.order_by(F("archived_at").desc(nulls_first=True), "position", "created_at", "id"))
