"""Rows of fixed width in PostgreSQL's binary COPY format, made by NumPy a batch at a time.

The server then neither parses text nor scans for delimiters. See "Binary Format" under COPY in PostgreSQL's manual.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"

_DIGITS = 5
"""Groups of four decimal digits in a DECIMAL(18, 4): four before the point and one after it."""
_NUMERIC = [
    ("count", ">i2"),
    ("weight", ">i2"),
    ("sign", ">i2"),
    ("scale", ">i2"),
    ("digits", ">i2", _DIGITS),
]


def encode(batch: pa.RecordBatch) -> memoryview:
    """The batch as rows of the format, without its header and trailer.

    Columns are 32 and 64 bit integers, DECIMAL(18, 4), and UUIDs as 16 bytes; none may hold nulls.
    """
    columns = [_storage(column) for column in batch.columns]
    fields: list[tuple[str, Any]] = [("cells", ">i2")]
    for n, column in enumerate(columns):
        fields += [(f"size{n}", ">i4"), (f"value{n}", _LAYOUT[str(column.type)])]
    rows = np.zeros(batch.num_rows, fields)
    rows["cells"] = len(columns)
    for n, column in enumerate(columns):
        rows[f"size{n}"] = rows.dtype[f"value{n}"].itemsize
        if pa.types.is_decimal(column.type):
            _put_numeric(rows[f"value{n}"], _values(column, "<i8")[::2])
        else:
            rows[f"value{n}"] = _values(column, _NATIVE[str(column.type)])
    return rows.view(np.uint8).data


_LAYOUT: dict[str, Any] = {
    "int32": ">i4",
    "int64": ">i8",
    "decimal128(18, 4)": _NUMERIC,
    "fixed_size_binary[16]": "V16",
}
_NATIVE = {"int32": "<i4", "int64": "<i8", "fixed_size_binary[16]": "V16"}


def _storage(column: pa.Array) -> pa.Array:
    return column.storage if isinstance(column, pa.ExtensionArray) else column


def _values(column: pa.Array, dtype: str) -> npt.NDArray[Any]:
    """The column's memory as numbers, without a copy."""
    width = column.type.bit_width // 8
    count = len(column) * width // np.dtype(dtype).itemsize
    return np.frombuffer(column.buffers()[1], dtype, count, column.offset * width)


def _put_numeric(cells: npt.NDArray[Any], values: npt.NDArray[np.int64]) -> None:
    cells["count"], cells["weight"], cells["scale"] = _DIGITS, _DIGITS - 2, 4
    cells["sign"] = np.where(values < 0, 0x4000, 0)
    rest = np.abs(values)
    for place in reversed(range(_DIGITS)):
        rest, cells["digits"][:, place] = np.divmod(rest, 10_000)
