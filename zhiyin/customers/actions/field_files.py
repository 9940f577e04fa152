"""Files as values of a company's own fields."""

from __future__ import annotations

import datetime
import uuid
from typing import IO

from zhiyin.customers import access
from zhiyin.customers.actions.records import update_customer
from zhiyin.customers.choices import FieldType
from zhiyin.customers.fields import PREFIX, registry
from zhiyin.customers.fields.uploads import Upload, require_fit
from zhiyin.customers.models import Customer
from zhiyin.platform import files
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound, PermissionDenied


def attach_file(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    key: str,
    stream: IO[bytes],
    name: str,
    size: int,
    version: int | None = None,
    now: datetime.datetime,
) -> Customer:
    """Put a file into a field, in place of one that is there. Raises ``Invalid`` for what the field does not let in."""
    actor.require("customers.edit")
    customer = access.customer(actor, customer_id, need="write", lock=True)
    known = {
        each.own.key: each for each in registry(actor) if each.own and each.own.kind in ("", customer.kind)
    }
    field = known.get(key)
    if field is None or field.own is None or field.type != FieldType.FILE:
        raise NotFound
    if not field.editable:
        raise PermissionDenied
    try:
        kind = require_fit(field.own, stream, name, size)
    except Invalid as error:
        raise Invalid(error.message, field=PREFIX + key) from error
    stored = files.save(stream, name=name, actor=actor, now=now, content_type=kind)
    return update_customer(
        actor=actor,
        customer_id=customer_id,
        changes={},
        fields={key: Upload(stored.pk)},
        version=version,
        now=now,
    )
