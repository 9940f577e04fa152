"""What a rule of retention may clear: values of fields, sections of them, and kinds of records.

Each app registers the records that it keeps of customers; fields of the company's own come from its definitions.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.choices import ContactKind
from zhiyin.customers.fields import CORE, PREFIX
from zhiyin.customers.fields.sensitive import BUILT_IN
from zhiyin.customers.models import ContactPoint, CustomField, SensitiveValue

SECTION = "section:"
Rows = QuerySet[Any, Any]
FIELDS, CONTACTS, RECORDS = _("Fields"), _("Contact points"), _("Records")
_CLEARABLE = frozenset({"short_name", "country", "city", "source"})


@dataclass(frozen=True, slots=True)
class Area:
    """``code`` names it in rules and in the audit log."""

    code: str
    label: str | Promise
    group: str | Promise

    def had(self, before: datetime.datetime) -> Q:
        """Of which customers there is something in it that was there at a time."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Values(Area):
    """A field in the customer's own row: a column, or ``key`` of a field of the company's own."""

    key: str = ""
    is_file: bool = False

    def had(self, before: datetime.datetime) -> Q:
        there = Q(custom__has_key=self.key) if self.key else ~Q(**{self.code: ""})
        return Q(created_at__lt=before) & there


@dataclass(frozen=True, slots=True)
class Records(Area):
    """Rows of a table that have a ``customer`` and, under the name ``at``, when they were written.

    ``forget`` deletes such rows with all that is theirs. The audit log tells of them under the name ``told_as`` in the
    customer's entries, else under ``code``, or in entries of their own about a ``subject`` of this kind.
    """

    rows: Callable[[], Rows] = QuerySet
    at: str = "created_at"
    forget: Callable[[Rows], object] = lambda rows: rows.delete()
    told_as: str = ""
    subject: str = ""

    def written(self, before: datetime.datetime) -> Rows:
        return self.rows().filter(**{f"{self.at}__lt": before})

    def had(self, before: datetime.datetime) -> Q:
        return Q(Exists(self.written(before).filter(customer=OuterRef("pk"))))


_registered: dict[str, Area] = {}


def register(*some: Area) -> None:
    """Kinds of records, from the ``ready`` of an app's configuration."""
    _registered.update({each.code: each for each in some})


def _core() -> Iterable[Area]:
    for each in CORE:
        if each.name in _CLEARABLE:
            yield Values(each.name, each.label, FIELDS)


def _sensitive(name: str, label: str | Promise) -> Area:
    return Records(name, label, FIELDS, lambda: SensitiveValue.objects.filter(field=name), "set_at")


def _contact(kind: ContactKind) -> Area:
    return Records(kind.value, kind.label, CONTACTS, lambda: ContactPoint.objects.filter(kind=kind.value))


def _own(field: CustomField) -> Area:
    name = PREFIX + field.key
    if field.sensitive:
        return _sensitive(name, field.label)
    return Values(name, field.label, field.section or _("More"), field.key, field.type == "file")


def areas() -> dict[str, Area]:
    """All that a rule may name but sections, by code. One SQL statement."""
    own = CustomField.objects.filter(formula="").order_by("position", "id")
    every = [
        *_core(),
        *(_sensitive(each.name, each.label) for each in BUILT_IN),
        *map(_own, own),
        *map(_contact, ContactKind),
        *_registered.values(),
    ]
    return {each.code: each for each in every}


def sections() -> dict[str, str]:
    """Sections of a company's own fields as rules name them, with what a person reads."""
    rows = CustomField.objects.exclude(section_kept="").filter(formula="").order_by("position", "id")
    return {SECTION + each.section_kept: each.section for each in rows}


def areas_of(codes: Iterable[str]) -> list[Area]:
    """What a rule clears now: of a section the fields that are in it. What is no more is left out. Two SQL statements."""
    known, found = areas(), dict[str, Area]()
    inside = by_section()
    for code in codes:
        names = inside.get(code, ()) if code.startswith(SECTION) else (code,)
        found |= {name: known[name] for name in names if name in known}
    return list(found.values())


def by_section() -> Mapping[str, list[str]]:
    """The fields of the company's own in each section, as rules name both. One SQL statement."""
    found: dict[str, list[str]] = {}
    for each in CustomField.objects.exclude(section_kept=""):
        found.setdefault(SECTION + each.section_kept, []).append(PREFIX + each.key)
    return found


def grouped_areas() -> list[tuple[str, list[tuple[str, str]]]]:
    """What a form offers, by group: sections first. Two SQL statements."""
    whole = list(sections().items())
    found: dict[str, list[tuple[str, str]]] = {str(_("Whole sections")): whole} if whole else {}
    for each in areas().values():
        found.setdefault(str(each.group), []).append((each.code, str(each.label)))
    return list(found.items())
