"""One customer's values when customers become one, and two again."""

import uuid
from collections.abc import Collection
from typing import Any

from zhiyin.analytics.models import CustomerValue


def move_value(vanished_id: uuid.UUID, survivor_id: uuid.UUID) -> CustomerValue | None:
    """The vanished one's values go to the survivor, unless it has some; gives the row as it was."""
    row = CustomerValue.objects.filter(pk=vanished_id).first()
    if row is None:
        return None
    if CustomerValue.objects.filter(pk=survivor_id).exists():
        CustomerValue.objects.filter(pk=vanished_id).delete()
    else:
        CustomerValue.objects.filter(pk=vanished_id).update(customer_id=survivor_id)
    return row


def value_again(kept: dict[str, Any], survivor_id: uuid.UUID) -> None:
    """The values as they were; the survivor loses them where it had them from there."""
    fields = {each.attname: each for each in CustomerValue._meta.concrete_fields}
    values = {name: fields[name].to_python(value) for name, value in kept.items()}
    same = {name: values[name] for name in ("analysis_id", "orders", "spend", "first_at", "last_at")}
    CustomerValue.objects.filter(pk=survivor_id, **same).delete()
    CustomerValue.objects.bulk_create([CustomerValue(**values)], ignore_conflicts=True)


def forget_values(customer_ids: Collection[uuid.UUID]) -> int:
    """Delete what was found about customers who are no more; how many rows."""
    return CustomerValue.objects.filter(customer_id__in=list(customer_ids)).delete()[0]
