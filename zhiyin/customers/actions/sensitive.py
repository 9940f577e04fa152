"""Sensitive values: writing, removing and looking at them. What they are stands in no log, event or trail."""

import base64
import datetime
import uuid
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access
from zhiyin.customers.actions.before import keep_sensitive
from zhiyin.customers.choices import UndoKind
from zhiyin.customers.events import CustomerChanged, SensitiveRulesChanged
from zhiyin.customers.fields.masks import STARS
from zhiyin.customers.fields.sensitive import Sensitive, read_sensitive, sensitive_field
from zhiyin.customers.models import SensitiveIndex, SensitiveRules, SensitiveValue, Undo
from zhiyin.customers.queries.sensitive import sensitive_rules
from zhiyin.platform import crypto
from zhiyin.platform.actors import Actor
from zhiyin.platform.crypto import rotation
from zhiyin.platform.errors import Invalid, NotFound, PermissionDenied
from zhiyin.platform.keys import uuid7
from zhiyin.platform.record import record, record_read
from zhiyin.platform.text import checked

# of files with a million rows; Django takes five times as long to write the statement
_VALUES = """
INSERT INTO customers_sensitivevalue (id, customer_id, field, encrypted, set_at)
SELECT each.*, %(now)s
FROM unnest(%(ids)s::uuid[], %(customers)s::uuid[], %(fields)s::text[], %(encrypted)s::bytea[]) AS each
"""
_ENTRIES = """
INSERT INTO customers_sensitiveindex (value_id, field, version, blind)
SELECT each.id, each.field, %(version)s, each.blind
FROM unnest(%(ids)s::uuid[], %(fields)s::text[], %(blinds)s::bytea[]) AS each (id, field, blind)
ON CONFLICT (value_id) DO UPDATE SET version = excluded.version, blind = excluded.blind
"""


class ReasonWanted(Invalid):
    message = _("Say why you look at this: your company asks for a reason.")


def set_sensitive(
    *, actor: Actor, customer_id: uuid.UUID, name: str, value: str, now: datetime.datetime
) -> Undo | None:
    """Write a customer's sensitive value, or remove it with an empty one; gives what takes that back.

    The trail says that it changed, not to what. Raises ``NotFound``, ``Invalid``, ``crypto.Erased``.
    """
    actor.require("customers.edit")
    customer = access.customer(actor, customer_id, need="write", lock=True)
    field = sensitive_field(actor, name)
    access.require_editable(actor, name, field.label)
    text = read_sensitive(field, value)
    row = SensitiveValue.objects.filter(customer=customer, field=name).first()
    if row is None and not text:
        return None
    if row is not None and text and crypto.decrypt(customer.pk, name, bytes(row.encrypted)) == text:
        return None
    kept = keep_sensitive(actor, customer.pk, name, bytes(row.encrypted) if row else b"", now)
    if text:
        encrypted = crypto.encrypt(customer.pk, name, text)
        place(customer.pk, name, encrypted, text, now)
    elif row is not None:
        row.delete()
    _record(actor, customer.pk, name, had=row is not None, has=bool(text), now=now)
    return kept


def place(customer_id: uuid.UUID, name: str, encrypted: bytes, text: str, now: datetime.datetime) -> None:
    """The row of a value and what it is found by."""
    keys = crypto.ring.ring()
    row, _new = SensitiveValue.objects.update_or_create(
        customer_id=customer_id, field=name, defaults={"encrypted": encrypted, "set_at": now}
    )
    SensitiveIndex.objects.update_or_create(
        value=row,
        defaults={
            "field": name,
            "version": keys.newest(crypto.ring.INDEX),
            "blind": crypto.blinds(name, text, within=keys)[0],
        },
    )


def place_many(items: Sequence[crypto.Item], now: datetime.datetime) -> None:
    """Values of customers who have none in these fields yet, and what they are found by."""
    if not items:
        return
    keys = crypto.ring.ring()
    rows: dict[str, Any] = {
        "ids": [uuid7() for _each in items],
        "customers": [each.subject_id for each in items],
        "fields": [each.field for each in items],
        "encrypted": crypto.encrypt_many(items, within=keys),
        "blinds": [crypto.blinds(each.field, str(each.value), within=keys)[0] for each in items],
        "version": keys.newest(crypto.ring.INDEX),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_VALUES, rows)
        cursor.execute(_ENTRIES, rows)


def sensitive_again(actor: Actor, kept: Undo, now: datetime.datetime) -> list[uuid.UUID]:
    """The value as it was before, unless somebody wrote another since; the customer it was put back on."""
    name, before = kept.data["field"], kept.data["before"]
    customer_id = access.lead(kept.customer_ids[0]) or kept.customer_ids[0]
    customer = access.customers(actor, "write").filter(pk=customer_id).first()
    row = SensitiveValue.objects.filter(customer=customer_id, field=name).first()
    changed_since = row is not None and row.set_at.isoformat() != kept.data["set_at"]
    if customer is None or changed_since or customer_id != kept.customer_ids[0]:
        return []
    if before:
        encrypted = base64.b64decode(before)
        place(customer_id, name, encrypted, crypto.decrypt(customer_id, name, encrypted), now)
    elif row is not None:
        row.delete()
    _record(actor, customer_id, name, had=row is not None, has=bool(before), now=now)
    return [customer_id]


def _record(
    actor: Actor, customer_id: uuid.UUID, name: str, *, had: bool, has: bool, now: datetime.datetime
) -> None:
    record(
        CustomerChanged(customer_id, [name]),
        actor=actor,
        now=now,
        subject=("customer", customer_id),
        changes={name: [STARS if had else None, STARS if has else None]},
    )


def reveal_sensitive(
    *, actor: Actor, customer_id: uuid.UUID, name: str, reason: str = "", now: datetime.datetime
) -> str:
    """One value whole; that it was looked at, by whom and why, is in the audit log.

    Raises ``NotFound`` where there is none, ``ReasonWanted``, ``crypto.Erased``.
    """
    actor.require("customers.reveal")
    customer = access.customer(actor, customer_id)
    field = sensitive_field(actor, name)
    _require_revealable(field)
    told = checked(" ".join(reason.split()), "reason", 200)
    if not told and sensitive_rules().ask_reason:
        raise ReasonWanted(field="reason")
    row = SensitiveValue.objects.filter(customer=customer, field=name).first()
    if row is None:
        raise NotFound
    value = crypto.decrypt(customer.pk, name, bytes(row.encrypted))
    read = {"field": name, **({"why": told} if told else {})}
    record_read(
        "customers.sensitive_revealed", actor=actor, now=now, subject=("customer", customer.pk), read=read
    )
    return value


def _require_revealable(field: Sensitive) -> None:
    if not field.revealable:
        raise PermissionDenied(_("Your role sees only a part of “%s”.") % field.label)


def change_sensitive_rules(*, actor: Actor, ask_reason: bool, now: datetime.datetime) -> SensitiveRules:
    """Whether whoever looks at a sensitive value must say why."""
    actor.require("settings.manage")
    before = sensitive_rules().ask_reason
    rules, _new = SensitiveRules.objects.update_or_create(
        tenant_id=actor.tenant_id, defaults={"ask_reason": ask_reason}
    )
    if before != ask_reason:
        event = SensitiveRulesChanged(ask_reason)
        record(event, actor=actor, now=now, changes={"ask_reason": [before, ask_reason]})
    return rules


def forget_sensitive(customer_id: uuid.UUID) -> None:
    """What an erased customer's values were found by: who has the keys could try out of it what they were."""
    SensitiveIndex.objects.filter(value__customer=customer_id).delete()


def index_sensitive(*, batch: int = 2000) -> int:
    """Make what values are found by where it is missing or under an older key; gives how many.

    Of values that cannot be read there is none. It may be killed and begun again.
    """
    if not SensitiveValue.objects.exists():
        return 0
    keys = crypto.ring.ring()
    version = keys.newest(crypto.ring.INDEX)
    done, last = 0, None
    while True:
        rows = SensitiveValue.objects.exclude(index__version=version).order_by("pk")
        some = list((rows.filter(pk__gt=last) if last else rows)[:batch])
        if not some:
            return done
        last = some[-1].pk
        done += _index(keys, version, some)


def encrypt_again(*, after: uuid.UUID | None = None, batch: int = 2000) -> uuid.UUID | None:
    """Encrypt the values of the next customers under new keys of theirs; the last of these, ``None`` behind the end.

    What takes back a change of a value goes along.
    """
    renewal = rotation.renew(after, batch)
    ids = list(renewal.new)
    values = list(SensitiveValue.objects.filter(customer__among=ids))
    for each in values:
        each.encrypted = _again(renewal, each.customer_id, each.field, bytes(each.encrypted))
    SensitiveValue.objects.bulk_update(values, ["encrypted"], batch_size=500)
    kept = Undo.objects.filter(what=UndoKind.SENSITIVE, customer_ids__overlap=ids).exclude(data__before="")
    undos = list(kept)
    for undo in undos:
        before = base64.b64decode(undo.data["before"])
        again = _again(renewal, undo.customer_ids[0], undo.data["field"], before)
        undo.data["before"] = base64.b64encode(again).decode()
    Undo.objects.bulk_update(undos, ["data"], batch_size=500)
    return max(ids, default=None)


def _again(renewal: rotation.Renewal, customer_id: uuid.UUID, name: str, encrypted: bytes) -> bytes:
    """What nobody could read before stays as it is."""
    try:
        return renewal.again(crypto.Item(customer_id, name, encrypted))
    except crypto.Unreadable:
        return encrypted


def _index(keys: crypto.ring.Ring, version: int, rows: list[SensitiveValue]) -> int:
    items = [crypto.Item(each.customer_id, each.field, bytes(each.encrypted)) for each in rows]
    clear = zip(rows, crypto.decrypt_many(items, within=keys), strict=True)
    found = [(row, text) for row, text in clear if text is not None]
    entries: dict[str, Any] = {
        "ids": [row.pk for row, _text in found],
        "fields": [row.field for row, _text in found],
        "blinds": [crypto.blinds(row.field, text, within=keys)[0] for row, text in found],
        "version": version,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, entries)
    return len(found)
