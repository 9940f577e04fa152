"""Whose notifications are whose. The one of the rows is 林岚's."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.platform.models import Notification

Given = Mapping[str, Any]


def lins(company: Company) -> Given:
    made = Notification.objects.create(
        member_id=company.lin.member.pk,
        kind="customers.mentioned",
        data={"customer": str(company.lin.member.pk), "who": "高敏"},
        created_at=timezone.now(),
    )
    return {"notification_id": made.pk}


# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
ROWS = [
    Row("GET", "web:notifications", "302 200*8"),
    Row("GET", "web:bell", "302 200*8"),
    Row("GET", "web:follow", "302 302 404*7", given=lins),
    Row("POST", "web:see_all", "302*9"),
    Row("GET", "api:list_notifications", "401 200*8"),
    Row("GET", "api:count_notifications", "401 200*8"),
    Row("POST", "api:see_notifications", "401 204*8"),
    Row("POST", "api:see_notification", "401 200 404*7", given=lins),
]
