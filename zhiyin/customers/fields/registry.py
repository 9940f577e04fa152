from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access
from zhiyin.customers.choices import ContactKind, FieldAccess, FieldType
from zhiyin.customers.fields import formulas, links
from zhiyin.customers.fields.values import Value, read
from zhiyin.customers.models import CustomField
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, PermissionDenied

# before a company's own key, wherever names of core fields stand beside it
PREFIX = "x_"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the customer file.

    ``path`` is where it is stored, as query sets name it. ``own`` is the definition of a company's own field.
    """

    name: str
    label: str | Promise
    type: FieldType
    path: str
    section: str = ""
    own: CustomField | None = None
    access: FieldAccess = FieldAccess.OPEN

    @property
    def masked(self) -> bool:
        """Whether only a part of its values is told, by which nobody may filter or sort either."""
        return self.access == FieldAccess.MASKED

    @property
    def editable(self) -> bool:
        return self.access == FieldAccess.OPEN and not self.worked_out

    @property
    def worked_out(self) -> bool:
        """Whether its values follow from others."""
        return self.own is not None and bool(self.own.formula)

    @classmethod
    def of(cls, own: CustomField) -> Field:
        return cls(PREFIX + own.key, own.label, FieldType(own.type), f"custom__{own.key}", own.section, own)


CORE = (
    Field("name", _("Name"), FieldType.TEXT, "name"),
    Field("short_name", _("Short name"), FieldType.TEXT, "short_name"),
    Field("code", _("Code"), FieldType.TEXT, "code"),
    Field("kind", _("Kind"), FieldType.CHOICE, "kind"),
    Field("status", _("Status"), FieldType.CHOICE, "status"),
    Field("stage", _("Lifecycle stage"), FieldType.CHOICE, "stage"),
    Field("country", _("Country"), FieldType.TEXT, "country"),
    Field("city", _("City"), FieldType.TEXT, "city"),
    Field("source", _("Source"), FieldType.TEXT, "source"),
)

CONTACTS = tuple(Field(kind.value, kind.label, FieldType.TEXT, "") for kind in ContactKind)


@dataclass(frozen=True, slots=True)
class Registry:
    """The fields that one actor sees, in the order of pages; kinds of contact points are apart."""

    fields: tuple[Field, ...]
    contacts: tuple[Field, ...] = ()
    actor: Actor | None = None

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def own(self, kind: str = "") -> list[CustomField]:
        """The company's own, of persons or of organisations when ``kind`` says so."""
        return [each.own for each in self.fields if each.own and (not kind or each.own.kind in ("", kind))]

    def sections(self, kind: str = "") -> dict[str, list[CustomField]]:
        """The company's own by section; without one they stand under an empty name."""
        found: dict[str, list[CustomField]] = {}
        for each in self.own(kind):
            found.setdefault(each.section, []).append(each)
        return found

    def read(
        self, given: Mapping[str, Any], *, kept: Mapping[str, Any], kind: str, is_new: bool
    ) -> dict[str, Value]:
        """Checked values by key. A new customer gets defaults, and must have all that is required.

        Raises ``Invalid`` with the field at fault; a field out of sight is one that there is not.
        """
        known = {each.key: each for each in self.own(kind)}
        for key in given.keys() - known.keys():
            raise Invalid(_("There is no such field."), field=PREFIX + key)
        open_to = (FieldAccess.OPEN, FieldAccess.READ_ONLY) if is_new else (FieldAccess.OPEN,)
        fixed = {
            each.own.key
            for each in self.fields
            if each.own and (each.access not in open_to or each.worked_out)
        }
        for key in given.keys() & fixed:
            raise PermissionDenied(_("You may not change “%s”.") % known[key].label, field=PREFIX + key)
        if is_new:
            given = {**{key: each.default for key, each in known.items() if key not in fixed}, **given}
        found = {key: _read(known[key], value, kept.get(key)) for key, value in given.items()}
        for key, value in found.items():
            if known[key].type == FieldType.LINK and value not in (None, kept.get(key)) and self.actor:
                _require_reach(self.actor, known[key], value)
        return found


def _read(field: CustomField, given: object, kept: Value) -> Value:
    try:
        value = read(field, given, kept=kept)
    except Invalid as error:
        raise Invalid(error.message, field=PREFIX + field.key) from error
    if value is None and field.required:
        raise Invalid(_("“%s” must be filled in.") % field.label, field=PREFIX + field.key)
    return value


def _require_reach(actor: Actor, field: CustomField, value: Value) -> None:
    try:
        links.require_reach(actor, field.target, value)
    except Invalid as error:
        raise Invalid(error.message, field=PREFIX + field.key) from error


def registry(actor: Actor) -> Registry:
    """All fields that this actor may see. One SQL statement."""
    own = (Field.of(each) for each in access.custom_fields(actor))
    return Registry(tuple(_as_seen(actor, (*CORE, *own))), tuple(_as_seen(actor, CONTACTS)), actor)


def _as_seen(actor: Actor, fields: Iterable[Field]) -> Iterator[Field]:
    """With how far the actor's role sees them; without those that it does not see."""
    every = list(fields)
    seen = {each.own.key if each.own else each.name: access.field_access(actor, each.name) for each in every}
    for each in every:
        how = _strictest(actor, each, seen)
        if how != FieldAccess.HIDDEN:
            yield replace(each, access=how)


def _strictest(actor: Actor, field: Field, seen: Mapping[str, FieldAccess]) -> FieldAccess:
    """What follows from others is seen as little as the least seen of them."""
    how = access.field_access(actor, field.name)
    if not field.own or not field.own.formula:
        return how
    read = [seen.get(name, FieldAccess.HIDDEN) for name in formulas.names(field.own.formula)]
    return max([how, *read], key=list(FieldAccess).index)


def own_among(actor: Actor, names: Iterable[str]) -> dict[str, CustomField]:
    """The company's own fields that this actor sees, by name; asked for only when one of ``names`` is of such a field."""
    asked = any(name.startswith(PREFIX) for name in names)
    return {PREFIX + each.key: each for each in registry(actor).own()} if asked else {}
