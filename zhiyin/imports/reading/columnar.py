"""Parquet files. Numbers and times keep their type; all else becomes text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from zhiyin.imports.messages import gettext_noop
from zhiyin.imports.reading.errors import FileError
from zhiyin.imports.reading.table import numbered, unique_names


class Parquet:
    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with pyarrow.parquet.ParquetFile(path) as file:
                schema = file.schema_arrow
                self.rows = file.metadata.num_rows
        except (pa.ArrowException, OSError) as error:
            raise FileError("damaged", gettext_noop("The Parquet file is damaged or incomplete.")) from error
        self._columns = [field.name for field in schema if not pa.types.is_nested(field.type)]
        self.names = unique_names(self._columns)
        if not self.names:
            raise FileError("columns", gettext_noop("The Parquet file has no column of single values."))
        if not self.rows:
            raise FileError("empty", gettext_noop("The file is empty."))

    def batches(self) -> Iterator[pa.RecordBatch]:
        number = 2
        try:
            with pyarrow.parquet.ParquetFile(self._path, buffer_size=2**20, pre_buffer=False) as file:
                for batch in file.iter_batches(batch_size=32_768, columns=self._columns, use_threads=False):
                    plain = pa.RecordBatch.from_arrays(
                        [_plain(c) for c in batch.columns], names=list(self.names)
                    )
                    yield numbered(plain, self.names, number)
                    number += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise FileError("damaged", gettext_noop("The Parquet file is damaged or incomplete.")) from error


def _plain(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_date(kind):
        return column.cast(pa.date32())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return column
    if pa.types.is_dictionary(kind):
        return column.dictionary_decode().cast(pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise FileError("binary", gettext_noop("A column of the Parquet file holds bytes, not text."))
    return column.cast(pa.string())
