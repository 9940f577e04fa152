"""What a row of an orders file means, as DuckDB expressions over the typed rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhiyin.customers import importers as customers
from zhiyin.imports.formats import NUMBER
from zhiyin.imports.reading import ROW

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace

PRIME = 2**61 - 1
_A, _B, _C, _D = 1_181_783_497_276_652_981, 982_451_653_000_033, 715_225_739_000_017, 2_147_483_647_000_103
_ABOVE = PRIME << 63
"""Multipliers of a polynomial hash over a Mersenne prime: the same on every machine and in every version."""


QUANTITY = f"coalesce(quantity, 1::{NUMBER})"
_PRODUCT = (
    f"CASE WHEN abs({QUANTITY}) < 90000 AND abs(unit_price) < 90000 THEN round({QUANTITY} * unit_price, 4)"
    f" ELSE round({QUANTITY}::DECIMAL(38, 4) * unit_price, 4) END"
)
"""DuckDB multiplies in 64 bits, and fails beyond; in 128 bits it is twenty times slower."""
EXACT = f"coalesce(amount, {_PRODUCT})"
AMOUNT = f"{EXACT}::{NUMBER}"
PRICE = f"coalesce(unit_price, try_cast(amount / nullif({QUANTITY}, 0) AS {NUMBER}), 0)"


def _first_of(work: Workspace, names: tuple[str, ...]) -> str:
    mapped = [name for name in names if name in work.mapping]
    return mapped[0] if len(mapped) == 1 else f"coalesce({', '.join(mapped)})" if mapped else ""


def buyer_of(work: Workspace) -> str:
    """What tells the buyers apart; empty when no column does."""
    return _first_of(work, customers.CODE)


def thing_of(work: Workspace) -> str:
    """What tells the products apart."""
    name = "left(product_name, 64)" if "product_name" in work.mapping else "NULL::VARCHAR"
    return f"coalesce(product_code, {name})" if "product_code" in work.mapping else name


def number_of(work: Workspace) -> str:
    """The order's number, or one made of its customer and day."""
    if not (buyer := buyer_of(work)):
        return "order_number"
    made = f"left({buyer}, 55) || '-' || strftime(ordered_at, '%Y%m%d')"
    return f"coalesce(order_number, {made})" if "order_number" in work.mapping else made


def several(value: str) -> str:
    """Whether the rows of a group name more than one."""
    if not value:
        return "false"
    lowest, highest = (f"{edge}(hash({value})) FILTER ({value} IS NOT NULL)" for edge in ("min", "max"))
    return f"coalesce({lowest} <> {highest}, false)"


_SUM = (
    f"coalesce(mark, 0)::HUGEINT * {_A} + (quantity * 10000)::BIGINT::HUGEINT * {_B}"
    f" + (unit_price * 10000)::BIGINT::HUGEINT * {_C} + coalesce(again.occurrence, 1)::HUGEINT * {_D}"
)
LINES = (
    "SELECT ono, pno, place, quantity, unit_price, amount,"
    f" (({_SUM} + {_ABOVE}) % {PRIME})::BIGINT AS digest, coalesce(alike.occurrence, 1) AS occurrence"
    f" FROM lines LEFT JOIN marks USING (pno) LEFT JOIN again USING ({ROW}) LEFT JOIN alike USING ({ROW})"
)
"""The lines to be landed. ``digest`` identifies a line within its order by product, quantity, price, turn."""
