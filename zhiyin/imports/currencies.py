"""Currency signs in amounts: what is read without them must not silently change its currency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from zhiyin.imports.kinds import FieldType
from zhiyin.imports.messages import Message, gettext_noop

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace

_DOLLARS = frozenset({"USD", "AUD", "CAD", "HKD", "NZD", "SGD", "TWD", "MXN"})
_MEANS: Mapping[str, frozenset[str]] = {
    **{code.lower(): frozenset({code}) for code in ("CNY", "USD", "EUR", "GBP", "HKD", "JPY")},
    "rmb": frozenset({"CNY"}),
    "us$": frozenset({"USD"}),
    "hk$": frozenset({"HKD"}),
    "nt$": frozenset({"TWD"}),
    "¥": frozenset({"CNY", "JPY"}),
    "￥": frozenset({"CNY", "JPY"}),
    "元": frozenset({"CNY", "HKD", "TWD"}),
    "$": _DOLLARS,
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
}
_SIGNS = "(?i)" + "|".join(sign.replace("$", r"\$") for sign in _MEANS)
_FOREIGN = gettext_noop(
    "The amounts in the column “{column}” carry {signs}, but the company's currency is {currency}: they are"
    " taken as {currency}, not converted. A column that names the currency would be heeded."
)


def foreign_signs(work: Workspace, mapping: Mapping[str, str]) -> dict[str, Message]:
    """By field, a warning where amounts of ``raw`` carry a sign of another currency than the company's.

    Nothing is said where a column gives the currency. ``mapping`` gives the column of each field.
    """
    types = {field: work.kind.field(field).type for field in mapping}
    if FieldType.CURRENCY in types.values() or not work.frame.currency:
        return {}
    warnings = {}
    for field, column in mapping.items():
        if types[field] is FieldType.AMOUNT and (signs := _foreign(work, column)):
            values = {"column": column, "signs": ", ".join(signs), "currency": work.frame.currency}
            warnings[field] = Message(_FOREIGN, values)
    return warnings


def _foreign(work: Workspace, column: str) -> list[str]:
    from zhiyin.imports.workspace import name

    if work.stored_as(column) != "VARCHAR":
        return []
    value = name(column)
    found = work.con.execute(
        f"SELECT DISTINCT regexp_extract({value}, ?) FROM raw"
        f" WHERE {value} IS NOT NULL AND try_cast({value} AS DOUBLE) IS NULL ORDER BY 1",
        [_SIGNS],
    ).fetchall()
    return [sign for (sign,) in found if sign and work.frame.currency not in _MEANS[sign.lower()]]
