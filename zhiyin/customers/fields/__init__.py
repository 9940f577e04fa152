"""The registry of a customer's fields, those of the program and those that a company added.

Whatever goes through all fields (form, record, API, history) asks it, with the actor, and so sees only what the
actor's role may see.
"""

from zhiyin.customers.fields.masks import (
    told,
    veiled_changes,
    veiled_customer,
    veiled_points,
    veiled_row,
)
from zhiyin.customers.fields.registry import CONTACTS, CORE, PREFIX, Field, Registry, own_among, registry
from zhiyin.customers.fields.values import Value, looked_up, read, shown, written

__all__ = [
    "CONTACTS",
    "CORE",
    "PREFIX",
    "Field",
    "Registry",
    "Value",
    "looked_up",
    "own_among",
    "read",
    "registry",
    "shown",
    "told",
    "veiled_changes",
    "veiled_customer",
    "veiled_points",
    "veiled_row",
    "written",
]
