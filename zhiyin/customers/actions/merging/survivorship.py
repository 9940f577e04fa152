"""Which of several files a field's value comes from."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from zhiyin.customers.choices import Survivorship
from zhiyin.customers.fields import PREFIX
from zhiyin.customers.models import Customer, CustomField
from zhiyin.platform.errors import Invalid

TEXTS = ("name", "short_name", "country", "city", "source")
# an owner comes with the unit
CHOSEN = ("kind", "status", "stage", "owner_id")
FIELDS = ("name", "short_name", "kind", "status", "stage", "owner_id", "country", "city", "source")


def value(customer: Customer, name: str) -> Any:
    """A field by its name, one of the company's own as well."""
    own = name.removeprefix(PREFIX)
    return getattr(customer, name) if own == name else customer.custom.get(own)


def names(customers: Sequence[Customer]) -> list[str]:
    """The fields that any of the files has: core ones, then the company's own but what follows from others."""
    keys = {key for each in customers for key in each.custom}
    follow = CustomField.objects.exclude(formula="").values_list("key", flat=True) if keys else ()
    own = sorted(keys - set(follow))
    return [*FIELDS, *(PREFIX + key for key in own)]


def sources(
    survivor: Customer, others: Sequence[Customer], rule: str, choices: Mapping[str, uuid.UUID]
) -> dict[str, Customer]:
    """Whose value each field takes: the one chosen by hand, else by the rule; what is empty is filled from the newest.

    Raises ``Invalid`` for choices of nobody in the merge.
    """
    files = [survivor, *others]
    by_id = {each.pk: each for each in files}
    known = names(files)
    for name, chosen in choices.items():
        if name not in known or chosen not in by_id:
            raise Invalid(field=name)
    return {name: by_id[choices[name]] if name in choices else _by_rule(files, name, rule) for name in known}


def _by_rule(files: Sequence[Customer], name: str, rule: str) -> Customer:
    filled = [each for each in files if value(each, name) not in (None, "", [])]
    if not filled:
        return files[0]
    newest = max(filled, key=lambda each: each.updated_at)
    if rule == Survivorship.NEWEST:
        return newest
    if rule == Survivorship.LONGEST and name not in CHOSEN:
        return max(filled, key=lambda each: len(str(value(each, name))))
    return files[0] if files[0] in filled else newest
