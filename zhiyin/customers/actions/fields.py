"""The fields that a company adds to the customer file."""

import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import regex
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Role
from zhiyin.customers.actions.formulas import refresh_soon
from zhiyin.customers.choices import CustomerKind, FieldType
from zhiyin.customers.events import FieldChanged
from zhiyin.customers.fields import formulas, links, read
from zhiyin.customers.fields.uploads import MOST as MOST_MEGABYTES
from zhiyin.customers.fields.uploads import endings
from zhiyin.customers.fields.values import LONGEST, day, number
from zhiyin.customers.models import CustomField, FieldValue
from zhiyin.customers.ready import READY
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.platform.pinyin import name_key
from zhiyin.platform.record import record
from zhiyin.platform.versions import require_seen

MOST = 200
MOST_OPTIONS = 500
TEXTS = (FieldType.TEXT, FieldType.LONG_TEXT)
NUMBERS = (FieldType.NUMBER, FieldType.MONEY)
CHOICES = (FieldType.CHOICE, FieldType.CHOICES)


@dataclass(frozen=True, slots=True)
class FieldRules:
    """A field as ``CustomField`` describes it; what a type has no use for is forgotten."""

    label: str
    section: str = ""
    kind: str = ""
    required: bool = False
    options: tuple[str, ...] = ()
    least: str = ""
    most: str = ""
    pattern: str = ""
    default: str = ""
    hint: str = ""
    roles: tuple[uuid.UUID, ...] = ()
    required_when: str = ""
    formula: str = ""
    target: str = ""
    searchable: bool = False


CODED = (FieldType.TEXT, FieldType.NUMBER)
# a link leads to the same kind of records for good, as a type stays
RULES = tuple(field.name for field in fields(FieldRules) if field.name != "target")
_COLUMNS = {"label": "label_kept", "section": "section_kept"}


class FieldTaken(Conflict):
    message = _("There is a field of this name already.")


def create_field(
    *, actor: Actor, type: str, rules: FieldRules, key: str = "", now: datetime.datetime
) -> CustomField:
    """A new field, behind the others. Without a key it gets one from its label. Raises ``FieldTaken``."""
    actor.require("settings.manage")
    others = _all_held()
    if len(others) >= MOST:
        raise Invalid(_("These are enough fields; %d at most.") % MOST)
    if type not in FieldType.values:
        raise Invalid(_("This is not one of the choices."), field="type")
    if type == FieldType.LINK and rules.target not in links.targets():
        raise Invalid(_("Choose what the link leads to."), field="target")
    made = CustomField(
        type=type,
        target=rules.target if type == FieldType.LINK else "",
        position=max((each.position for each in others), default=0) + 1,
    )
    _apply(made, rules, others)
    made.key = _key(key, made.label, {each.key for each in others})
    require_sound([*others, made], made)
    made.save(force_insert=True)
    if made.formula:
        refresh_soon(actor=actor, now=now)
    said = {
        name: [None, value] for name in ("key", "type", "target", *RULES) if (value := getattr(made, name))
    }
    tell_field(actor, made, "added", said, now)
    return made


def change_field(
    *,
    actor: Actor,
    field_id: uuid.UUID,
    rules: FieldRules,
    version: str | None = None,
    now: datetime.datetime,
) -> CustomField:
    """Change what a field asks for; its key and type stay, and so do the values that there are.

    Raises ``FieldTaken``, and ``Conflict`` when it is not of ``version`` any more.
    """
    actor.require("settings.manage")
    found, others = _held(field_id, version)
    before = {name: getattr(found, name) for name in RULES}
    _apply(found, rules, others)
    different = {name: [old, new] for name, old in before.items() if (new := getattr(found, name)) != old}
    if different:
        require_sound([*others, found], found)
        found.save(update_fields=[_COLUMNS.get(name, name) for name in different])
        tell_field(actor, found, "changed", _plain(different), now)
        if different.keys() & {"formula", "kind"}:
            refresh_soon(actor=actor, now=now)
    return found


def add_ready_fields(*, actor: Actor, codes: Sequence[str], now: datetime.datetime) -> list[CustomField]:
    """Fields made after ready ones, behind the others; those that the company has already are left as they are."""
    actor.require("settings.manage")
    if unknown := [each for each in codes if each not in READY]:
        raise Invalid(_("There is no such field."), field=unknown[0])
    every = _all_held()
    made = [_add_ready(code, every) for code in dict.fromkeys(codes)]
    for each in (found := [each for each in made if each]):
        tell_field(actor, each, "added", {"ready": [None, each.ready], "label": [None, each.label]}, now)
    return found


def _add_ready(code: str, every: list[CustomField]) -> CustomField | None:
    ready = READY[code]
    if any(code in (each.ready, each.key) for each in every) or len(every) >= MOST:
        return None
    made = CustomField(
        ready=code, key=code, type=ready.type, kind=ready.kind or "", options=list(ready.options)
    )
    for name in ("least", "most", "pattern", "hint", "label", "section"):
        setattr(made, name, getattr(ready, name))
    try:
        _require_free(made.label, every)
    except FieldTaken:
        return None
    made.position = max((each.position for each in every), default=0) + 1
    made.save(force_insert=True)
    every.append(made)
    return made


def move_section(*, actor: Actor, section: str, up: bool, now: datetime.datetime) -> None:
    """Let a section change places with the one before it, or behind it; at the end it stays."""
    actor.require("settings.manage")
    every = sorted(_all_held(), key=lambda each: (each.position, each.pk))
    sections: dict[str, list[CustomField]] = {}
    for each in every:
        if not each.archived_at:
            sections.setdefault(each.section, []).append(each)
    names = list(sections)
    if section not in names:
        raise NotFound
    place = names.index(section)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(names):
        return
    names[place], names[other] = names[other], names[place]
    _place([each for name in names for each in sections[name]] + [each for each in every if each.archived_at])
    moved = sections[section][0]
    tell_field(actor, moved, "moved", {"section": [place + 1, other + 1]}, now)


def _place(ordered: list[CustomField]) -> None:
    for place, each in enumerate(ordered, 1):
        each.position = place
    CustomField.objects.bulk_update(ordered, ["position"])


def move_field(*, actor: Actor, field_id: uuid.UUID, up: bool, now: datetime.datetime) -> CustomField:
    """Let a field change places with the one before it, or behind it, in its section; at the end it stays."""
    actor.require("settings.manage")
    found, others = _held(field_id, None)
    beside = [each for each in others if each.section == found.section and not each.archived_at]
    way = [each for each in beside if (each.position < found.position) == up]
    if not way:
        return found
    other = (max if up else min)(way, key=lambda each: each.position)
    found.position, other.position = other.position, found.position
    CustomField.objects.bulk_update([found, other], ["position"])
    tell_field(actor, found, "moved", {"position": [other.position, found.position]}, now)
    return found


def archive_field(
    *, actor: Actor, field_id: uuid.UUID, version: str | None = None, now: datetime.datetime
) -> CustomField:
    """Take a field off every page. Its values stay, and are there again once it is restored."""
    actor.require("settings.manage")
    found, others = _held(field_id, version)
    if not found.archived_at:
        found.archived_at = now
        require_sound(others, found)
        found.save(update_fields=["archived_at"])
        tell_field(actor, found, "archived", {"archived_at": [None, now.isoformat()]}, now)
    return found


def restore_field(
    *, actor: Actor, field_id: uuid.UUID, version: str | None = None, now: datetime.datetime
) -> CustomField:
    """Put an archived field back. Raises ``FieldTaken`` when another has its name by now."""
    actor.require("settings.manage")
    found, others = _held(field_id, version)
    if found.archived_at:
        _require_free(found.label, others)
        before, found.archived_at = found.archived_at, None
        require_sound([*others, found], found)
        found.save(update_fields=["archived_at"])
        tell_field(actor, found, "restored", {"archived_at": [before.isoformat(), None]}, now)
        refresh_soon(actor=actor, now=now)
    return found


def remove_empty_field(*, actor: Actor, field_id: uuid.UUID, now: datetime.datetime) -> bool:
    """Remove a field for good that no customer has a value of, as when the import that made it is undone."""
    actor.require("settings.manage")
    found = CustomField.objects.select_for_update().filter(pk=field_id).first()
    if found is None or FieldValue.objects.filter(field_id=field_id).exists():
        return False
    found.delete()
    found.pk = field_id
    tell_field(actor, found, "removed", {"label": [found.label, None]}, now)
    return True


def _all_held() -> list[CustomField]:
    return list(CustomField.objects.select_for_update(no_key=True).order_by("pk"))


def _held(field_id: uuid.UUID, version: str | None) -> tuple[CustomField, list[CustomField]]:
    every = _all_held()
    found = next((each for each in every if each.pk == field_id), None)
    if found is None:
        raise NotFound
    require_seen(version, found.version, found.label)
    return found, [each for each in every if each is not found]


def _apply(field: CustomField, rules: FieldRules, others: list[CustomField]) -> None:
    kind = FieldType(field.type)
    for name in ("label", "section", "hint"):
        setattr(field, name, field.kept(name, _line(name, getattr(rules, name))))
    if not field.label:
        raise Invalid(_("A field needs a name."), field="label")
    _require_free(field.label, others)
    if rules.kind not in ("", *CustomerKind.values):
        raise Invalid(_("This is not one of the choices."), field="kind")
    field.kind, field.required = rules.kind, rules.required
    field.options = [field.option(each) for each in _options(rules)] if kind in CHOICES else []
    if kind == FieldType.FILE:
        field.options = endings(rules.options)
    field.least, field.most = _bounds(kind, rules)
    field.pattern = _pattern(rules.pattern) if kind == FieldType.TEXT else ""
    field.searchable = rules.searchable and kind in CODED
    field.roles = _roles(rules.roles)
    field.default = _default(field, rules.default)
    field.required_when = _said("required_when", rules.required_when)
    field.formula = _said("formula", rules.formula)
    if field.formula and (field.required or field.required_when or field.default):
        raise Invalid(_("What is worked out is neither required nor has it a default."), field="formula")
    if kind == FieldType.FILE and (field.required or field.required_when or field.default):
        raise Invalid(
            _("A file is uploaded once the customer is there: it is neither required nor has it a default.")
        )
    if field.formula and kind not in formulas.RESULTS:
        raise Invalid(_("A field of this type cannot be worked out."), field="formula")


def _said(name: str, given: str) -> str:
    """A formula on one line, as it was written."""
    text = " ".join(given.split())
    longest = getattr(CustomField._meta.get_field(name), "max_length", None) or 0
    if "\0" in text or len(text) > longest:
        raise Invalid(_("This is longer than %d characters.") % longest, field=name)
    return text


def require_sound(fields: Iterable[CustomField], changed: CustomField) -> None:
    """Each formula and condition must be right with the fields as they shall be. Raises ``Invalid``."""
    used = [each for each in fields if not each.archived_at and not each.sensitive]
    for each in used:
        for name in ("formula", "required_when"):
            text = getattr(each, name)
            wanted = FieldType(each.type) if name == "formula" else FieldType.YES_NO
            try:
                if text:
                    formulas.checked_formula(text, wanted, used)
            except Invalid as error:
                if each is changed:
                    raise Invalid(error.message, field=name) from error
                told = {"field": each.label, "why": error.message}
                raise Invalid(
                    _("A formula of “%(field)s” would not work any more: %(why)s") % told
                ) from error
    try:
        formulas.ordered(used)
    except Invalid as error:
        raise Invalid(error.message, field="formula") from error


def _line(name: str, given: str) -> str:
    text = " ".join(given.split())
    longest = getattr(CustomField._meta.get_field(_COLUMNS.get(name, name)), "max_length", None) or 0
    if "\0" in text:
        raise Invalid(field=name)
    if len(text) > longest:
        raise Invalid(_("This is longer than %d characters.") % longest, field=name)
    return text


def _require_free(label: str, others: list[CustomField]) -> None:
    used = {each.label.casefold() for each in others if not each.archived_at}
    if label.casefold() in used:
        raise FieldTaken(field="label")


def _options(rules: FieldRules) -> list[str]:
    options = list(dict.fromkeys(text for each in rules.options if (text := " ".join(each.split()))))
    if not options:
        raise Invalid(_("Write the choices, one a line."), field="options")
    if len(options) > MOST_OPTIONS or any(len(each) > 100 or "\0" in each for each in options):
        raise Invalid(_("At most %d choices of at most 100 characters each.") % MOST_OPTIONS, field="options")
    return options


def _bounds(kind: FieldType, rules: FieldRules) -> tuple[str, str]:
    least, most = (_bound(kind, name, getattr(rules, name)) for name in ("least", "most"))
    if least is not None and most is not None and least > most:  # type: ignore[operator]  # both of one kind
        raise Invalid(_("This is less than the smallest value."), field="most")
    return tuple("" if each is None else str(each) for each in (least, most))  # type: ignore[return-value]


def _bound(kind: FieldType, name: str, given: str) -> int | float | str | None:
    if not given.strip() or kind in (*CHOICES, FieldType.YES_NO, FieldType.LINK):
        return None
    try:
        if kind == FieldType.DATE:
            return day(given)
        bound = number(given)
    except Invalid as error:
        raise Invalid(error.message, field=name) from error
    if kind == FieldType.FILE and (
        name == "least" or not isinstance(bound, int) or not 1 <= bound <= MOST_MEGABYTES
    ):
        raise Invalid(_("Say how many megabytes at most, from 1 to %d.") % MOST_MEGABYTES, field=name)
    if kind in TEXTS and (not isinstance(bound, int) or not 0 <= bound <= LONGEST[kind]):
        raise Invalid(_("A length lies between 0 and %d.") % LONGEST[kind], field=name)
    return bound


def _pattern(given: str) -> str:
    pattern = given.strip()
    if len(pattern) > 200 or "\0" in pattern:
        raise Invalid(field="pattern")
    try:
        regex.compile(pattern)
    except regex.error as error:
        raise Invalid(_("This is no regular expression: %s") % error, field="pattern") from error
    return pattern


def _roles(given: tuple[uuid.UUID, ...]) -> list[uuid.UUID]:
    known = set(Role.objects.filter(pk__in=given).values_list("pk", flat=True)) if given else set()
    if known != set(given):
        raise Invalid(_("This is not one of the choices."), field="roles")
    return sorted(known)


def _default(field: CustomField, given: str) -> str:
    try:
        read(field, given)
    except Invalid as error:
        raise Invalid(error.message, field="default") from error
    if len(given) > 200:
        raise Invalid(_("This is longer than %d characters.") % 200, field="default")
    return given.strip()


def _key(given: str, label: str, used: set[str]) -> str:
    """The key that was asked for, or one made of the label's pinyin; it never changes."""
    wanted = given.strip().lower()
    if wanted:
        if not regex.fullmatch(r"[a-z][a-z0-9_]{0,39}", wanted):
            raise Invalid(_("A key begins with a letter; letters, digits and _ follow."), field="key")
        if wanted in used:
            raise FieldTaken(_("There is a field of this key already."), field="key")
        return wanted
    return free_key(label, used)


def free_key(label: str, used: set[str]) -> str:
    """A key for a field of this label, made of its pinyin."""
    plain = regex.sub(r"[^a-z0-9]+", "_", name_key(label)).strip("_")[:30]
    base = plain if plain[:1].isalpha() else f"field_{plain}".strip("_")
    return next(
        key for count in range(1, MOST + 2) if (key := base if count == 1 else f"{base}_{count}") not in used
    )


def _plain(changes: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    return {
        name: [[str(each) for each in value] if isinstance(value, list) else value for value in pair]
        for name, pair in changes.items()
    }


def tell_field(
    actor: Actor, field: CustomField, what: str, changes: Mapping[str, list[Any]], now: datetime.datetime
) -> None:
    record(
        FieldChanged(field.pk, what),
        actor=actor,
        now=now,
        subject=("customer_field", field.pk),
        changes=_plain(changes),
    )
