"""The company's own fields, as the settings show them."""

import uuid
from collections.abc import Iterable

from django.utils.translation import gettext as _

from zhiyin.accounts.models import Role
from zhiyin.analytics.warehouse import Segmentation
from zhiyin.customers import access
from zhiyin.customers.choices import FieldType
from zhiyin.customers.fields import PREFIX, links, own_among, registry
from zhiyin.customers.fields.links import Linked
from zhiyin.customers.models import Customer, CustomField
from zhiyin.customers.ready import READY, ReadyField
from zhiyin.platform import files
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound
from zhiyin.platform.models import StoredFile


def all_fields(actor: Actor) -> list[CustomField]:
    """Every field, archived ones too, in the order of pages. One SQL statement."""
    actor.require("settings.manage")
    return list(CustomField.objects.order_by("position", "id"))


def ready_to_add(every: Iterable[CustomField]) -> list[ReadyField]:
    """The ready-made fields that are not among a company's."""
    used = {name for each in every for name in (each.ready, each.key)}
    return [each for each in READY.values() if each.code not in used]


MOST_SEGMENTS = 12


def segmentations() -> list[Segmentation]:
    """The fields with few values, and for everybody's eyes, by which an analysis may part customers.

    Two SQL statements.
    """
    ruled = {name for rules in Role.objects.values_list("field_rules", flat=True) for name in rules}
    kinds = (FieldType.CHOICE, FieldType.YES_NO)
    rows = CustomField.objects.filter(archived_at=None, sensitive=False, roles=[], type__in=kinds)
    found = [each for each in rows.order_by("position", "id") if PREFIX + each.key not in ruled]
    return [
        Segmentation(each.key, each.label, _values(each))
        for each in found
        if len(each.options) <= MOST_SEGMENTS
    ]


def _values(field: CustomField) -> dict[str, str]:
    if field.type == FieldType.YES_NO:
        return {"true": _("Yes"), "false": _("No")}
    return {each: field.words(each) for each in field.options}


def own_segment(customer: Customer, key: str) -> str:
    """The value of a field as the analysis reads it."""
    value = customer.custom.get(key)
    return "" if value is None else {True: "true", False: "false"}.get(value, str(value))


def link_options(actor: Actor, name: str, text: str) -> list[Linked]:
    """The first few records that fit a text, for a field that links. Raises ``NotFound`` for another one."""
    own = own_among(actor, [name]).get(name)
    if own is None or own.type != FieldType.LINK:
        raise NotFound
    text = text.strip()
    fits = 0 < len(text) <= 200 and "\0" not in text
    return list(links.targets()[own.target].found(actor, text)) if fits else []


def own_file(actor: Actor, customer_id: uuid.UUID, name: str) -> StoredFile:
    """The file in a field of a customer. Raises ``NotFound``, also for what the actor's role does not see whole."""
    customer = access.customer(actor, customer_id)
    seen = {each.name: each for each in registry(actor) if each.type == FieldType.FILE and not each.masked}
    known = seen.get(name)
    value = customer.custom.get(known.own.key) if known and known.own else None
    if value is None:
        raise NotFound
    return files.get(uuid.UUID(value))


def file_field(actor: Actor, customer_id: uuid.UUID, name: str) -> tuple[Customer, CustomField]:
    """A customer, and a field of it into which this actor may put a file. Raises ``NotFound``."""
    customer = access.customer(actor, customer_id, need="write")
    for each in registry(actor):
        if each.name == name and each.type == FieldType.FILE and each.own and each.editable:
            return customer, each.own
    raise NotFound


def field(actor: Actor, field_id: uuid.UUID) -> CustomField:
    """One field, whoever may see its values. Raises ``NotFound``."""
    actor.require("settings.manage")
    found = CustomField.objects.filter(pk=field_id).first()
    if found is None:
        raise NotFound
    return found
