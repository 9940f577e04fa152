"""One of the company's own fields set on many customers at once."""

import datetime
import json
import uuid
from typing import Any

from django.db import connection
from django.db.models import F, JSONField
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext as _

from zhiyin.customers import access
from zhiyin.customers.actions.before import keep_values
from zhiyin.customers.actions.bulk import Done, Selection, bulk_job, selected
from zhiyin.customers.choices import FieldType
from zhiyin.customers.events import CustomerChanged, CustomersChanged
from zhiyin.customers.fields import PREFIX, registry
from zhiyin.customers.models import Customer, CustomField, Undo
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid
from zhiyin.platform.record import record, write_each

_BACK = """
UPDATE customers_customer c SET version = c.version + 1, updated_at = %(now)s, custom = c.custom - %(key)s
    || CASE WHEN b.value IS NULL THEN '{}' ELSE jsonb_build_object(%(key)s, b.value) END
FROM customers_undo u CROSS JOIN jsonb_to_recordset(u.data -> 'before') AS b (id uuid, value jsonb)
WHERE u.id = %(undo)s AND c.id = b.id AND c.id = ANY(%(ids)s)
    AND coalesce(c.custom -> %(key)s, 'null') = u.data -> 'after'
RETURNING c.id, coalesce(b.value, 'null')::text
"""


def fill_customers(
    *,
    actor: Actor,
    selection: Selection,
    key: str,
    value: str,
    now: datetime.datetime,
    in_background: bool = False,
) -> Done:
    """Give an own field the same value on chosen customers, or take it from them with an empty one.

    A field of persons or organisations alone is set on those. More than ``BULK_AT_ONCE`` become a job. Raises
    ``Invalid`` and ``PermissionDenied`` as for one customer.
    """
    actor.require("customers.edit")
    own = _field(actor, key)
    plain = registry(actor).read({key: value}, kept={}, kind=own.kind, is_new=False)[key]
    texts = {"key": key, "value": value}
    if not in_background and (job := bulk_job(actor, selection, "fill", {}, now, texts=texts)):
        return Done(0, job)
    rows = Customer.objects.filter(pk__in=selected(actor, selection, "write").values("pk"))
    if own.kind:
        rows = rows.filter(kind=own.kind)
    rows = rows.filter(custom__has_key=key) if plain is None else rows.exclude(custom__contains={key: plain})
    before = rows.order_by("pk").select_for_update(no_key=True).annotate(before=KeyTransform(key, "custom"))
    chosen = list(before.values_list("pk", "before"))
    Customer.objects.filter(pk__among=[pk for pk, _value in chosen]).update(
        custom=RawSQL("custom - %s", [key], JSONField())
        if plain is None
        else RawSQL("custom || %s::jsonb", [json.dumps({key: plain})], JSONField()),
        version=F("version") + 1,
        updated_at=now,
    )
    _tell(actor, key, {pk: [old, plain] for pk, old in chosen}, own.label, now)
    return Done(len(chosen), undo_id=keep_values(actor, key, chosen, plain, now).pk)


def _field(actor: Actor, key: str) -> CustomField:
    own = next((each for each in registry(actor).own() if each.key == key), None)
    if own is None:
        raise Invalid(_("There is no such field."), field="key")
    if own.type == FieldType.FILE:
        raise Invalid(_("Files are put on one customer at a time."), field="key")
    return own


def values_undone(actor: Actor, kept: Undo, now: datetime.datetime) -> list[uuid.UUID]:
    """Those who have still what they were given have again what they had."""
    key = kept.data["key"]
    mine = access.customers(actor, "write").filter(pk__among=kept.customer_ids)
    ids = list(mine.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_BACK, {"undo": kept.pk, "ids": ids, "key": key, "now": now})
        back = {pk: json.loads(value) for pk, value in cursor.fetchall()}
    after = kept.data["after"]
    _tell(actor, key, {pk: [after, value] for pk, value in back.items()}, key, now)
    return list(back)


def _tell(
    actor: Actor, key: str, changes: dict[uuid.UUID, list[Any]], label: str, now: datetime.datetime
) -> None:
    each = {pk: {PREFIX + key: change} for pk, change in changes.items()}
    write_each(CustomerChanged.name, actor=actor, now=now, kind="customer", changes=each)
    told: dict[str, list[Any]] = {"customers": [None, len(each)], "field": [None, label]}
    record(CustomersChanged(len(each), {"field": label}), actor=actor, now=now, changes=told)
