"""The company's own fields, as the settings show them."""

import uuid
from collections.abc import Iterable

from zhiyin.customers.choices import FieldType
from zhiyin.customers.fields import links, own_among
from zhiyin.customers.fields.links import Linked
from zhiyin.customers.models import CustomField
from zhiyin.customers.ready import READY, ReadyField
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound


def all_fields(actor: Actor) -> list[CustomField]:
    """Every field, archived ones too, in the order of pages. One SQL statement."""
    actor.require("settings.manage")
    return list(CustomField.objects.order_by("position", "id"))


def ready_to_add(every: Iterable[CustomField]) -> list[ReadyField]:
    """The ready-made fields that are not among a company's."""
    used = {name for each in every for name in (each.ready, each.key)}
    return [each for each in READY.values() if each.code not in used]


def link_options(actor: Actor, name: str, text: str) -> list[Linked]:
    """The first few records that fit a text, for a field that links. Raises ``NotFound`` for another one."""
    own = own_among(actor, [name]).get(name)
    if own is None or own.type != FieldType.LINK:
        raise NotFound
    text = text.strip()
    fits = 0 < len(text) <= 200 and "\0" not in text
    return list(links.targets()[own.target].found(actor, text)) if fits else []


def field(actor: Actor, field_id: uuid.UUID) -> CustomField:
    """One field, whoever may see its values. Raises ``NotFound``."""
    actor.require("settings.manage")
    found = CustomField.objects.filter(pk=field_id).first()
    if found is None:
        raise NotFound
    return found
