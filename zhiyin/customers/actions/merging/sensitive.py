"""Encrypted values: what goes to another's file is encrypted anew under that one's key."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from zhiyin.customers.actions.merging.parts import Going, Rows, Told, register, remember, remembered
from zhiyin.customers.models import SensitiveValue
from zhiyin.platform import crypto


@dataclass(frozen=True)
class Sensitive(Rows):
    """A field that both have stays the survivor's; the other's value stays with its own file, and comes back with it."""

    def move(self, going: Going) -> Told:
        taken = self.of(going.survivor_id).values_list("field", flat=True)
        rows = list(self.of(going.vanished_id).exclude(field__in=list(taken)))
        moved = _hand_over(rows, going.survivor_id)
        remember(going, self.code, moved)
        return Told(moved=len(moved))

    def back(self, going: Going) -> Told:
        kept = [each.row_id for each in remembered(going, self.code)]
        taken = self.of(going.vanished_id).values_list("field", flat=True)
        rows = list(self.of(going.survivor_id).filter(id__in=kept).exclude(field__in=list(taken)))
        moved = _hand_over(rows, going.vanished_id)
        return Told(moved=len(moved), lost=len(kept) - len(moved), back=moved)


def _hand_over(rows: Sequence[SensitiveValue], customer_id: uuid.UUID) -> list[uuid.UUID]:
    """To another customer, under that one's key; what was erased stays. Gives the rows that went."""
    if customer_id in crypto.destroyed([customer_id]):
        return []
    old = [crypto.Item(each.customer_id, each.field, bytes(each.encrypted)) for each in rows]
    clear = zip(rows, crypto.decrypt_many(old), strict=True)
    found = [(row, crypto.Item(customer_id, row.field, text)) for row, text in clear if text is not None]
    new = crypto.encrypt_many([item for _row, item in found]) if found else []
    for (row, _item), encrypted in zip(found, new, strict=True):
        SensitiveValue.objects.filter(pk=row.pk).update(customer_id=customer_id, encrypted=encrypted)
    return [row.pk for row, _item in found]


register(Sensitive("sensitive", _("Sensitive values"), SensitiveValue))
