"""Formulas over a customer's fields: values that follow from others, and conditions under which one is required.

``round(credit_limit * 0.8, 2)``, ``if(years(birthday, today()) >= 60, "senior", "")``,
``kind = "organisation" and empty(industry)``. A company's own fields are named by their key, core ones by their
name. Whatever reads a field without a value has none itself; a condition then is not met. Days that count from
today are worked out anew each night.
"""

from zhiyin.customers.fields.formulas.functions import FORMS
from zhiyin.customers.fields.formulas.language import Formula, asks_day, compiled, names
from zhiyin.customers.fields.formulas.working import (
    CORE_NAMES,
    RESULTS,
    checked_formula,
    is_demanded,
    missing,
    ordered,
    work_out,
)

__all__ = [
    "CORE_NAMES",
    "FORMS",
    "RESULTS",
    "Formula",
    "asks_day",
    "checked_formula",
    "compiled",
    "is_demanded",
    "missing",
    "names",
    "ordered",
    "work_out",
]
