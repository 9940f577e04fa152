"""Fields that a company marks as sensitive: their values move under the customers' keys, and back."""

import datetime
import uuid
from collections.abc import Callable, Sequence

from django.utils.translation import gettext_lazy as _

from zhiyin.customers.actions.fields import require_sound, tell_field
from zhiyin.customers.actions.sensitive import place_many
from zhiyin.customers.fields import PREFIX, read, written
from zhiyin.customers.fields.sensitive import may_be_marked
from zhiyin.customers.models import Customer, CustomField, SensitiveValue
from zhiyin.platform import crypto, jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.platform.tenancy import scope, with_gone

BATCH = 1000


def mark_sensitive(*, actor: Actor, field_id: uuid.UUID, now: datetime.datetime) -> jobs.Job:
    """Have a field's values encrypted. It leaves lists, filters, exports and forms at once; the job moves its values.

    What the history and the audit log say of earlier changes stays there. Raises ``Conflict``, ``Invalid``.
    """
    actor.require("settings.manage")
    found = _held(field_id)
    if found.sensitive:
        raise Conflict(_("This field is sensitive already."))
    if not may_be_marked(found):
        raise Invalid(_("Only text and numbers that people write can be sensitive."))
    found.sensitive, found.required, found.required_when = True, False, ""
    require_sound([found, *CustomField.objects.exclude(pk=found.pk)], found)
    return _begin(actor, found, _("Values of “%s” are encrypted"), now)


def unmark_sensitive(*, actor: Actor, field_id: uuid.UUID, now: datetime.datetime) -> jobs.Job:
    """Have a field's values lie open again: whoever sees the field sees them, in lists, exports and the history."""
    actor.require("settings.manage")
    actor.require("customers.sensitive")
    found = _held(field_id)
    if not found.sensitive:
        raise Conflict(_("This field is not sensitive."))
    found.sensitive = False
    return _begin(actor, found, _("Values of “%s” are laid open"), now)


def _held(field_id: uuid.UUID) -> CustomField:
    found = CustomField.objects.select_for_update().filter(pk=field_id, archived_at=None).first()
    if found is None:
        raise NotFound
    return found


def _begin(actor: Actor, field: CustomField, title: object, now: datetime.datetime) -> jobs.Job:
    field.save(update_fields=["sensitive", "required", "required_when"])
    changes = {"sensitive": [not field.sensitive, field.sensitive]}
    tell_field(actor, field, "marked" if field.sensitive else "unmarked", changes, now)
    return jobs.start(
        actor=actor,
        kind="customers.move_sensitive",
        title=str(title) % field.label,
        arguments={"field_id": str(field.pk)},
        now=now,
    )


def move_values(
    tenant_id: uuid.UUID, field_id: uuid.UUID, now: datetime.datetime, progress: Callable[[int], None]
) -> int:
    """Put a field's values where its mark says, batch by batch; gives how many. It may be killed and begun again."""
    done, last = 0, uuid.UUID(int=0)
    while True:
        with scope(tenant_id), with_gone():
            field = CustomField.objects.select_for_update(no_key=True).filter(pk=field_id).first()
            if field is None:
                return done
            some = _close(field, last, now) if field.sensitive else _open(field, last)
        if not some:
            return done
        done, last = done + len(some), some[-1]
        progress(done)


def _close(field: CustomField, last: uuid.UUID, now: datetime.datetime) -> Sequence[uuid.UUID]:
    rows = list(
        Customer.objects.select_for_update(no_key=True)
        .filter(pk__gt=last, custom__has_key=field.key)
        .order_by("pk")[:BATCH]
    )
    name = PREFIX + field.key
    there = SensitiveValue.objects.filter(customer__in=rows, field=name).values_list("customer", flat=True)
    done = {*there, *crypto.destroyed([each.pk for each in rows])}
    items = [
        crypto.Item(each.pk, name, written(field, each.custom[field.key]))
        for each in rows
        if each.pk not in done
    ]
    place_many(items, now)
    for each in rows:
        del each.custom[field.key]
    Customer.objects.bulk_update(rows, ["custom"])
    return [each.pk for each in rows]


def _open(field: CustomField, last: uuid.UUID) -> Sequence[uuid.UUID]:
    """What cannot be read stays, erased or not; where somebody wrote the field meanwhile, that counts."""
    name = PREFIX + field.key
    rows = list(
        SensitiveValue.objects.filter(field=name, customer__gt=last)
        .select_related("customer")
        .order_by("customer")[:BATCH]
    )
    items = [crypto.Item(each.customer_id, name, bytes(each.encrypted)) for each in rows]
    found = [
        (row, text) for row, text in zip(rows, crypto.decrypt_many(items), strict=True) if text is not None
    ]
    for row, text in found:
        row.customer.custom.setdefault(field.key, read(field, text, kept=text))
    Customer.objects.bulk_update([row.customer for row, _text in found], ["custom"])
    SensitiveValue.objects.filter(pk__in=[row.pk for row, _text in found]).delete()
    return [each.customer_id for each in rows]
