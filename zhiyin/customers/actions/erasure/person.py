"""Who is erased: the files, and the words by which others would still tell of the person."""

import functools
import re
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhiyin.customers.choices import ContactKind
from zhiyin.customers.contact_keys import LONGEST
from zhiyin.customers.models import ContactPoint, Customer, SensitiveValue
from zhiyin.customers.sealing import every_key, in_clear
from zhiyin.customers.suppression import known_by
from zhiyin.platform import crypto
from zhiyin.platform.crypto import Item, Known

_SHORTEST = 5  # of a word that is no name
_BLOT = "█"
_CJK = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")


@dataclass(frozen=True)
class Person:
    """The keys of the files that are one person, and what is looked for elsewhere.

    ``words`` are written out as they may stand in texts; nobody who stays has the same. ``objects`` are keys of what
    hangs on the files and goes with them.
    """

    ids: list[uuid.UUID]
    words: list[str]
    known: list[Known]
    objects: list[uuid.UUID] = field(default_factory=list)

    def blotted(self, value: Any) -> Any:
        """Text, or JSON, without the person's words."""
        if isinstance(value, str):
            return self._pattern.sub(_BLOT, value) if self.words else value
        if isinstance(value, list):
            return [self.blotted(each) for each in value]
        if isinstance(value, dict):
            return {self.blotted(name): self.blotted(each) for name, each in value.items()}
        return value

    @functools.cached_property
    def _pattern(self) -> re.Pattern[str]:
        forms = (_form(word) for word in sorted(self.words, key=len, reverse=True))
        return re.compile("|".join(forms), re.IGNORECASE)


def _form(word: str) -> str:
    """A word as such, no part of another: ``ann@x.cn`` is not in ``joann@x.cn``."""
    begin = r"(?<![0-9A-Za-z])" if word[0].isascii() and word[0].isalnum() else ""
    end = r"(?![0-9A-Za-z])" if word[-1].isascii() and word[-1].isalnum() else ""
    return begin + re.escape(word) + end


def who(ids: Sequence[uuid.UUID]) -> Person:
    """The person whose files these are; to be called within ``with_gone`` before anything is deleted."""
    files = list(Customer.objects.filter(pk__in=ids))
    found = in_clear(ContactPoint.objects.filter(customer__in=ids))
    points = [(each.kind, each.value, each.value_key) for each in found]
    reached = [(kind, key) for kind, _value, key in points if kind != ContactKind.ADDRESS]
    own = [value for each in files for value in each.custom.values() if isinstance(value, str)]
    words = {
        *(name for each in files for name in (each.name, each.short_name) if _tells(name)),
        *(each.code for each in files),
        *(form for kind, value, key in points for form in _written(kind, value, key)),
        *(value for value in (*own, *_sensitive(ids)) if len(value) >= _SHORTEST),
    }
    taken = _of_others(ids, words)
    return Person(
        ids=list(ids),
        words=sorted(word for word in words if word and word not in taken),
        known=known_by(_unshared(ids, reached), {each.code_key for each in files}),
    )


def _tells(name: str) -> bool:
    """Whether a name tells somebody apart in a text: ``王小明`` and ``Ann Lee`` do, ``Ann`` does not."""
    return len(_CJK.findall(name)) > 1 or (" " in name and len(name) >= _SHORTEST)


def _written(kind: str, value: str, key: str) -> list[str]:
    forms = [value, key]
    if kind == ContactKind.PHONE:
        digits = [re.sub(r"\D", "", each) for each in (key, value)]
        forms += [*digits, digits[0].removeprefix("86")]
    return [each for each in forms if len(each) >= _SHORTEST]


def _sensitive(ids: Sequence[uuid.UUID]) -> list[str]:
    rows = SensitiveValue.objects.filter(customer__in=ids).values_list("customer_id", "field", "encrypted")
    found = crypto.decrypt_many([Item(key, name, bytes(value)) for key, name, value in rows])
    return [value for value in found if value]


def _of_others(ids: Sequence[uuid.UUID], words: Collection[str]) -> set[str]:
    """Names, codes and contact points that somebody has who stays: a family's telephone, a namesake."""
    others = Customer.objects.exclude(pk__in=ids)
    keys = [each[:LONGEST].casefold() for each in words]
    wanted = {form for _kind, form in every_key((kind, key) for kind in ContactKind.values for key in keys)}
    shared = in_clear(ContactPoint.objects.filter(value_key__in=wanted).exclude(customer__in=ids))
    return {
        *others.filter(name__in=words).values_list("name", flat=True),
        *(form for row in shared for form in _written(row.kind, row.value, row.value_key)),
    }


def _unshared(ids: Sequence[uuid.UUID], points: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those that nobody else is reached by."""
    keys = {form for _kind, form in every_key(points)}
    others = in_clear(ContactPoint.objects.filter(value_key__in=keys).exclude(customer__in=ids))
    taken = {(each.kind, each.value_key) for each in others}
    return [point for point in points if point not in taken]
