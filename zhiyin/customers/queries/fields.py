"""The company's own fields, as the settings show them."""

import uuid

from zhiyin.customers.models import CustomField
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound


def all_fields(actor: Actor) -> list[CustomField]:
    """Every field, archived ones too, in the order of pages. One SQL statement."""
    actor.require("settings.manage")
    return list(CustomField.objects.order_by("position", "id"))


def field(actor: Actor, field_id: uuid.UUID) -> CustomField:
    """One field, whoever may see its values. Raises ``NotFound``."""
    actor.require("settings.manage")
    found = CustomField.objects.filter(pk=field_id).first()
    if found is None:
        raise NotFound
    return found
