"""What others wrote of a person who is erased: his name, his number in their texts are blotted out."""

import json
from collections.abc import Callable

from django.db.models import JSONField, Model, Q, TextField
from django.db.models.functions import Cast

from zhiyin.customers.actions.erasure.person import Person
from zhiyin.platform.pinyin import name_key

_swept: dict[type[Model], tuple[str, ...]] = {}
# what else an app clears, counted by what it was
Clear = Callable[[Person], dict[str, int]]
_clearing: list[Clear] = []


def sweeps(model: type[Model], *fields: str) -> None:
    """Register fields in which somebody may be written of: texts by hand, logs, lists of changes."""
    _swept[model] = fields


def before_erasure(function: Clear) -> Clear:
    """Register what an app does beyond; called inside the transaction that erases, before the files are deleted."""
    _clearing.append(function)
    return function


def swept() -> dict[type[Model], tuple[str, ...]]:
    return dict(_swept)


def clear(person: Person) -> dict[str, int]:
    """Everything that apps clear themselves; may add to the person's ``objects``."""
    done: dict[str, int] = {}
    for function in _clearing:
        done |= function(person)
    return done


def sweep(person: Person) -> int:
    """Blot the person's words out of all registered fields; how many rows became different. Reads whole tables.

    What a name is sorted by is made anew with it, for it spells the name.
    """
    return sum(_sweep(model, fields, person) for model, fields in _swept.items()) if person.words else 0


def _sweep(model: type[Model], fields: tuple[str, ...], person: Person) -> int:
    rows, found = model._default_manager.all(), Q()
    for name in fields:
        rows = rows.annotate(**{f"text_{name}": Cast(name, TextField())})
        is_json = isinstance(model._meta.get_field(name), JSONField)
        for word in person.words:
            looked_for = json.dumps(word, ensure_ascii=False)[1:-1] if is_json else word
            found |= Q(**{f"text_{name}__icontains": looked_for})
    done = 0
    columns = {field.name for field in model._meta.concrete_fields}
    for row in rows.filter(found).only("pk", *fields).iterator():
        before = {name: getattr(row, name) for name in fields}
        after = {name: person.blotted(value) for name, value in before.items()}
        if after != before:
            if "name_key" in columns and "name" in after:
                after["name_key"] = name_key(after["name"])
            model._default_manager.filter(pk=row.pk).update(**after)
            done += 1
    return done
