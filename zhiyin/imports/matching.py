"""What becomes of rows about records that are there already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from django.utils.translation import gettext_lazy as _

from zhiyin.imports.choices import Alike, Known
from zhiyin.imports.kinds import Kind
from zhiyin.platform.errors import Invalid


@dataclass(frozen=True, slots=True)
class Matching:
    """``known``: of rows with the code of a record; ``alike``: of others that agree with one in any of the fields ``by``."""

    known: Known = Known.UPDATE
    alike: Alike = Alike.CREATE
    by: tuple[str, ...] = ()

    @classmethod
    def read(cls, kind: Kind, given: Mapping[str, Any]) -> Self:
        """From what a person or a program chose for a kind of file. Raises ``Invalid``."""
        known, alike = given.get("known") or Known.UPDATE, given.get("alike") or Alike.CREATE
        by = tuple(dict.fromkeys(given.get("by") or ()))
        if not kind.matched_by and given:
            raise Invalid(_("Files of this kind have no rules for what is there already."), field="matching")
        for name, value, choices in (("known", known, Known), ("alike", alike, Alike)):
            if value not in choices.values:
                raise Invalid(_("This is not one of the choices."), field=name)
        if unknown := set(by).difference(kind.matched_by):
            raise Invalid(_("There is no such field."), field=sorted(unknown)[0])
        if alike != Alike.CREATE and not by:
            raise Invalid(_("Say in which of these a row must agree with a customer."), field="by")
        return cls(Known(known), Alike(alike), by)

    @classmethod
    def load(cls, kept: Mapping[str, Any]) -> Self:
        """From what ``data`` gave."""
        if not kept:
            return cls()
        return cls(Known(kept["known"]), Alike(kept["alike"]), tuple(kept["by"]))

    def data(self) -> dict[str, Any]:
        """As JSON; nothing where it is what happens anyway."""
        return {} if self == type(self)() else asdict(self)
