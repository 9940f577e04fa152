"""Tags: short words that a tenant puts on its customers."""

import datetime
import uuid
from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access
from zhiyin.customers.choices import TagColour
from zhiyin.customers.events import CustomerChanged, TagChanged
from zhiyin.customers.models import CustomerTag, Tag
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.platform.record import record
from zhiyin.platform.versions import require_seen


class TagTaken(Conflict):
    message = _("There is a tag of this name already.")


def create_tag(*, actor: Actor, name: str, colour: str = TagColour.BLUE, now: datetime.datetime) -> Tag:
    """A new tag. Raises ``TagTaken``."""
    actor.require("customers.edit")
    tag = _write(Tag(), name, colour)
    record(
        TagChanged(tag.pk, "added"),
        actor=actor,
        now=now,
        subject=("tag", tag.pk),
        changes={"name": [None, tag.name]},
    )
    return tag


def update_tag(
    *,
    actor: Actor,
    tag_id: uuid.UUID,
    name: str,
    colour: str,
    version: str | None = None,
    now: datetime.datetime,
) -> Tag:
    """Rename or recolour a tag. Raises ``TagTaken``, and ``Conflict`` when it is not of ``version`` any more."""
    actor.require("customers.edit")
    tag = _found(tag_id, version)
    before = tag.name
    _write(tag, name, colour)
    record(
        TagChanged(tag.pk, "changed"),
        actor=actor,
        now=now,
        subject=("tag", tag.pk),
        changes={"name": [before, tag.name]},
    )
    return tag


def delete_tag(
    *, actor: Actor, tag_id: uuid.UUID, version: str | None = None, now: datetime.datetime
) -> None:
    """Take a tag from all customers and forget it. Raises ``Conflict`` when it is not of ``version`` any more."""
    actor.require("customers.edit")
    tag = _found(tag_id, version)
    worn = CustomerTag.objects.filter(tag=tag).count()
    tag.delete()
    record(
        TagChanged(tag_id, "removed"),
        actor=actor,
        now=now,
        subject=("tag", tag_id),
        changes={"name": [tag.name, None], "customers": [worn, 0]},
    )


def set_tags(
    *,
    actor: Actor,
    customer_id: uuid.UUID,
    tag_ids: Iterable[uuid.UUID],
    seen: Iterable[uuid.UUID] | None = None,
    now: datetime.datetime,
) -> None:
    """Let a customer carry these tags and no others.

    With ``seen``, the tags that it carried when somebody looked, only what differs from them is changed, so
    that what others put on or took off meanwhile stays.
    """
    actor.require("customers.edit")
    customer = access.customer(actor, customer_id, need="write", lock=True)
    links = CustomerTag.objects.filter(customer=customer)
    before = dict(links.values_list("tag_id", "tag__name"))
    wanted = set(tag_ids)
    if seen is not None:
        shown = set(seen)
        wanted = (before.keys() - (shown - wanted)) | (wanted - shown)
    known = dict(Tag.objects.filter(pk__in=wanted).values_list("pk", "name"))
    if len(known) != len(wanted):
        raise NotFound(_("There is no such tag."), field="tags")
    if before.keys() == wanted:
        return
    links.exclude(tag__in=wanted).delete()
    CustomerTag.objects.bulk_create(
        CustomerTag(customer=customer, tag_id=key) for key in wanted - before.keys()
    )
    record(
        CustomerChanged(customer.pk, ["tags"]),
        actor=actor,
        now=now,
        subject=("customer", customer.pk),
        changes={"tags": [sorted(before.values()), sorted(known.values())]},
    )


def _found(tag_id: uuid.UUID, version: str | None) -> Tag:
    tag = Tag.objects.select_for_update().filter(pk=tag_id).first()
    if tag is None:
        raise NotFound
    require_seen(version, tag.version, tag.name)
    return tag


def _write(tag: Tag, name: str, colour: str) -> Tag:
    tag.name = " ".join(name.split())
    tag.colour = colour
    if not tag.name or len(tag.name) > 50 or "\0" in tag.name:
        raise Invalid(_("A tag has a name of up to 50 characters."), field="name")
    if colour not in TagColour.values:
        raise Invalid(_("This is not one of the choices."), field="colour")
    try:
        with transaction.atomic():
            tag.save()
    except IntegrityError as error:
        raise TagTaken(field="name") from error
    return tag
