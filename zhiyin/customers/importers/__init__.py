"""Customers from files: as a file of their own, and as the buyers named in files of other apps."""

import zhiyin.customers.importers.systems  # noqa: F401  # makes them known
from zhiyin.customers.importers.customers import (
    CODE,
    forget_timeline,
    gather_customers,
    match_customers,
    refuse_beyond,
    undo_customers,
    write_customers,
    write_timeline,
)
from zhiyin.customers.importers.kind import Customers
from zhiyin.customers.importers.reach import within

__all__ = [
    "CODE",
    "Customers",
    "forget_timeline",
    "gather_customers",
    "match_customers",
    "refuse_beyond",
    "undo_customers",
    "within",
    "write_customers",
    "write_timeline",
]
