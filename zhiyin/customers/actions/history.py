"""Sets fields of a customer back to what they were."""

import datetime
import uuid
from collections.abc import Collection

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from zhiyin.customers import access, queries
from zhiyin.customers.actions.records import update_customer
from zhiyin.customers.fields import PREFIX
from zhiyin.customers.models import Customer
from zhiyin.customers.queries.history import LISTS, PLACED
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid


def set_back_customer(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    fields: Collection[str],
    at: datetime.datetime,
    before: uuid.UUID | None = None,
    version: int | None = None,
    now: datetime.datetime,
) -> Customer:
    """Write into some fields what stood in them at a time, or right before the entry ``before`` of the trail.

    It is a change like any other: what may not be written today, or by this person, is refused. Raises ``Invalid``,
    ``Conflict`` when ``version`` is not that of today, ``NotFound``.
    """
    actor.require("customers.edit")
    access.customer(actor, customer_id, need="write", lock=True)
    was = queries.as_it_was(actor, customer_id, at=at, before=before, veiled=False)
    if was.is_before:
        raise Invalid(_("This customer was not in the file then."), field="at")
    if lists := sorted(LISTS.intersection(fields)):
        raise Invalid(_("Contact points and tags are not set back; change them themselves."), field=lists[0])
    values = {name: was.of(name).then for name in fields}
    core = {name: value for name, value in values.items() if not name.startswith(PREFIX)}
    for name in PLACED:
        if core.get(name):
            core[name] = uuid.UUID(core[name])
    own = {name.removeprefix(PREFIX): value for name, value in values.items() if name.startswith(PREFIX)}
    return update_customer(
        actor=actor,
        customer_id=customer_id,
        changes=core,
        fields=own or None,
        reason=_("Set back to what it was on %s.") % date_format(timezone.localtime(was.at)),
        version=version,
        now=now,
    )
