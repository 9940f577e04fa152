"""Own fields that hold codes: contracts, cards, numbers at another system."""

import math
import uuid

from django.db.models import Q

from zhiyin.customers.fields import registry
from zhiyin.customers.fields.conditions import is_number
from zhiyin.customers.models import FieldValue
from zhiyin.platform.actors import Actor

_MOST = 50


def customers_of_own_code(actor: Actor, text: str) -> list[uuid.UUID]:
    """Customers one of whose codes this is as a whole, of all records. Two SQL statements, one without such fields."""
    fields = [each for each in registry(actor) if each.own and each.own.searchable and not each.masked]
    asked = Q()
    for each in fields:
        if not is_number(each) and each.own:
            asked |= Q(field_id=each.own.pk, text=text.lower()[:200])
        elif each.own and (number := _number(text)) is not None:
            asked |= Q(field_id=each.own.pk, number=number)
    if not asked:
        return []
    return list(FieldValue.objects.filter(asked).values_list("customer_id", flat=True)[:_MOST])


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
