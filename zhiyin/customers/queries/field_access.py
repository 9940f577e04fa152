"""Which fields of the customer file a role may see less of, and how far each role sees them."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Role
from zhiyin.customers.choices import FieldAccess
from zhiyin.customers.fields import CONTACTS, CORE, Field
from zhiyin.customers.fields.sensitive import BUILT_IN
from zhiyin.customers.models import CustomField
from zhiyin.platform.actors import Actor

# a customer is called, listed and moved by these: whoever sees a customer sees them
SEEN_BY_ALL = frozenset({"name", "short_name", "code", "kind", "status", "stage"})
# of a choice or a place a part is told by nothing but itself
NEVER_MASKED = frozenset({"country", "city", "source"})


@dataclass(frozen=True, slots=True)
class Governed:
    """A field and how far a role may see and change it."""

    name: str
    label: str | Promise
    section: str | Promise
    levels: tuple[FieldAccess, ...]


def governed_fields(actor: Actor) -> list[Governed]:
    """Every field in the order of pages. One SQL statement."""
    actor.require("accounts.manage")
    return list(_governed())


def _governed() -> Iterator[Governed]:
    for each in CORE:
        yield Governed(each.name, each.label, _("Customer file"), _levels(each.name))
    for each in CONTACTS:
        yield Governed(each.name, each.label, _("Contact points"), _levels(each.name))
    for secret in BUILT_IN:
        yield Governed(secret.name, secret.label, _("Sensitive"), tuple(FieldAccess))
    for own in CustomField.objects.filter(archived_at=None).order_by("position", "id"):
        field = Field.of(own)
        yield Governed(field.name, own.label, own.section or _("More"), _levels(field.name))


def _levels(name: str) -> tuple[FieldAccess, ...]:
    if name in SEEN_BY_ALL:
        return FieldAccess.OPEN, FieldAccess.READ_ONLY
    if name in NEVER_MASKED:
        return FieldAccess.OPEN, FieldAccess.READ_ONLY, FieldAccess.HIDDEN
    return tuple(FieldAccess)


def ruled_roles(actor: Actor) -> list[Role]:
    """All roles by name, with their rules. One SQL statement."""
    actor.require("accounts.manage")
    return list(Role.objects.order_by("name"))
