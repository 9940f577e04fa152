"""What can be asked of sensitive values: whether there is one, and whether it is exactly this.

In a filter stands not the value but what it is found by, so none lies in a kept view, a log or an address.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy

from zhiyin.customers.fields import PREFIX
from zhiyin.customers.fields.masks import STARS
from zhiyin.customers.fields.sensitive import BUILT_IN, Sensitive, sensitive_fields
from zhiyin.customers.filters.terms import Asking, Make, Term
from zhiyin.customers.filters.values import FilterType, keys
from zhiyin.customers.models import SensitiveIndex, SensitiveValue
from zhiyin.platform import crypto
from zhiyin.platform.actors import Actor

MARKED = "s_"
SENSITIVE = gettext_lazy("Sensitive")
_BUILT_IN = frozenset(each.name for each in BUILT_IN)
_WITHOUT = frozenset({"contains", "starts"})
_SHORTEST, _LONGEST = 5, 60


def sensitive_terms(actor: Actor) -> Iterable[Term]:
    """Of those that the role may learn whole: asking often enough would tell a value."""
    for each in sensitive_fields(actor):
        if each.revealable:
            yield _term(each)


def _term(field: Sensitive) -> Term:
    # a company's own under another name, by which a filter knows it without asking the database
    return Term(
        field.name.replace(PREFIX, MARKED, 1) if field.name.startswith(PREFIX) else field.name,
        field.label,
        FilterType.TEXT,
        SENSITIVE,
        _asked(field.name),
        without=_WITHOUT,
        names=_stars,
        slow=frozenset({"not_in", "empty"}),
    )


def _stars(_actor: Actor, ids: Iterable[uuid.UUID]) -> Mapping[str, str]:
    return {str(each): STARS for each in ids}


def _asked(name: str) -> Make:
    def make(_asking: Asking, op: str, value: Any) -> Q:
        if op in ("empty", "filled"):
            rows = Q(pk__in=SensitiveValue.objects.filter(field=name).values("customer"))
            return rows if op == "filled" else ~rows
        wanted = [each.bytes for each in keys(value) if each]
        entries = SensitiveIndex.objects.filter(field=name, blind__in=wanted)
        found = Q(pk__in=entries.values("value__customer"))
        return found if op == "in" else ~found

    return make


def veil(name: str) -> Callable[[Any], Any] | None:
    """What makes a condition's value one that may be kept; none where it may anyway."""
    if name.startswith(MARKED):
        name = PREFIX + name.removeprefix(MARKED)
    elif name not in _BUILT_IN:
        return None
    return partial(veiled, name)


def veiled(name: str, value: Any) -> Any:
    """The value of a condition as it may be kept: each text as the key of what it is found by."""
    if isinstance(value, list):
        return [veiled(name, each) for each in value]
    if not isinstance(value, str) or not value.strip():
        return value
    try:
        return str(uuid.UUID(value))
    except ValueError:
        return str(uuid.UUID(bytes=crypto.blind(name, value)))


def customers_of_sensitive(actor: Actor, text: str) -> list[uuid.UUID]:
    """Customers one of whose sensitive values is exactly this text, of all records. Two SQL statements."""
    fields = [each for each in sensitive_fields(actor) if each.revealable]
    if not fields or not _SHORTEST <= len(text) <= _LONGEST:
        return []
    within = crypto.ring.ring()
    condition = Q()
    for each in fields:
        condition |= Q(field=each.name, blind__in=crypto.blinds(each.name, text, within=within))
    return list(SensitiveIndex.objects.filter(condition).values_list("value__customer", flat=True)[:50])
