"""Bytes of a text file as checked UTF-8: unpacked within limits, decoded, no NULs, errors with the row."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from typing import BinaryIO

from zhiyin.imports.messages import gettext_noop
from zhiyin.imports.reading.errors import FileError

GZIP = b"\x1f\x8b"
MOST_UNPACKED = 20 * 2**30
MOST_RATIO = 250
CHUNK = 2**20
STAND_IN = "\x1f"
"""The unit separator: one byte in place of a delimiter of several, as Arrow takes only one."""

_BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Unpacked(io.RawIOBase):
    """A gzip file unpacked, as long as it stays within its limits."""

    def __init__(self, raw: BinaryIO, packed: int) -> None:
        self._raw = raw
        self._file = gzip.GzipFile(fileobj=raw)
        self._packed = packed
        self._out = 0

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._raw.close()
        super().close()

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._file.read(size)
        except (OSError, EOFError, zlib.error) as error:
            raise FileError(
                "damaged", gettext_noop("The compressed file is damaged or incomplete.")
            ) from error
        self._out += len(data)
        if self._out > max(MOST_RATIO * self._packed, 16 * 2**20) or self._out > MOST_UNPACKED:
            raise FileError(
                "bomb",
                gettext_noop("The compressed file unpacks to more than {ratio} times its size."),
                ratio=MOST_RATIO,
            )
        return data


class Utf8(io.RawIOBase):
    """A stream in ``encoding`` as UTF-8 bytes. Counts lines, so that an error can name the row."""

    def __init__(self, raw: BinaryIO | io.RawIOBase, encoding: str) -> None:
        self._raw = raw
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._plain = encoding == "utf-8"
        self._lines = 0
        self._started = False
        self._ended = False
        self.tail = b""

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._raw.close()
        super().close()

    def read(self, size: int = -1) -> bytes:
        """The next bytes; empty only at the end, where ``tail`` holds the last ones."""
        while not self._ended:
            chunk = self._raw.read(CHUNK if size < 0 else max(size, 4)) or b""
            self._ended = not chunk
            if data := self._decoded(chunk):
                return data
        return b""

    def _decoded(self, chunk: bytes) -> bytes:
        if self._plain and chunk.isascii() and not self._decoder.getstate()[0]:
            data = chunk
        else:
            try:
                data = self._decoder.decode(chunk, final=self._ended).encode()
            except (UnicodeDecodeError, UnicodeEncodeError) as error:
                row = self._lines + 1 + chunk[: error.start].count(b"\n")
                raise FileError(
                    "encoding",
                    gettext_noop("Near row {row} the file is not {encoding} text. Save it again as UTF-8."),
                    row=row,
                    encoding=self._encoding.upper(),
                ) from error
        if not self._started and data:
            self._started = True
            data = data.removeprefix(codecs.BOM_UTF8)
        if b"\0" in data:
            row = self._lines + 1 + data[: data.index(b"\0")].count(b"\n")
            raise FileError(
                "nul",
                gettext_noop("Near row {row} there is a NUL character. The file is damaged or not text."),
                row=row,
            )
        self._lines += data.count(b"\n")
        self.tail = (self.tail + data[-256:])[-256:]
        return data


class Narrowed(io.RawIOBase):
    """UTF-8 text whose delimiter of several bytes is written ``STAND_IN`` instead, also within quotes."""

    def __init__(self, text: Utf8, delimiter: str) -> None:
        self._text = text
        self._mark = delimiter.encode()
        self._held = b""

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._text.close()
        super().close()

    def read(self, size: int = -1) -> bytes:
        """The next bytes; empty only at the end."""
        while chunk := self._text.read(size):
            *whole, last = (self._held + chunk).split(self._mark)
            begun = self._begun(last)
            self._held = last[len(last) - begun :]
            if data := STAND_IN.encode().join([*whole, last[: len(last) - begun]]):
                return data
        rest, self._held = self._held, b""
        return rest

    def _begun(self, text: bytes) -> int:
        """How many bytes of the delimiter, cut off by the end of a chunk, ``text`` ends with."""
        lengths = range(len(self._mark) - 1, 0, -1)
        return next((n for n in lengths if text.endswith(self._mark[:n])), 0)


def detect_encoding(raw: BinaryIO | io.RawIOBase) -> str:
    """The encoding of a text stream, from its mark or its first bytes outside ASCII; reads as far as that."""
    sample = raw.read(CHUNK) or b""
    for mark, encoding in _BOMS.items():
        if sample.startswith(mark):
            return encoding
    head = sample[:4096]
    if b"\0" in head:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if max(even, odd) > 4 * min(even, odd) and max(even, odd) >= len(head) // 10:
            return "utf-16-le" if odd > even else "utf-16-be"
        raise FileError("binary", gettext_noop("This is not a text file, nor a workbook or Parquet file."))
    if _strange(head):
        raise FileError("binary", gettext_noop("This is not a text file, nor a workbook or Parquet file."))
    while sample.isascii():
        if not (sample := raw.read(CHUNK) or b""):
            return "utf-8"
    return _eight_bit(sample)


def _strange(head: bytes) -> bool:
    controls = sum(head.count(byte) for byte in range(32) if byte not in b"\t\n\r\x0b\x0c\x1a\x1b\x01\x1f")
    return controls > len(head) // 50


def _eight_bit(sample: bytes) -> str:
    """UTF-8 if the first strange characters are; else GB18030 if they make Chinese; else Windows-1252."""
    start = next(n for n, byte in enumerate(sample) if byte > 127)
    window = sample[start : start + 4096]
    if window[:8].decode("utf-8", errors="ignore")[:1] > "\x7f" and _valid(window, "utf-8"):
        return "utf-8"
    text = window.decode("gb18030", errors="replace")
    strange = [c for c in text if c > "\x7f"]
    common = sum(_common(c) for c in strange)
    if strange and common >= 0.8 * len(strange):
        return "gb18030"
    return "cp1252"


def _common(c: str) -> bool:
    """In the everyday set; accented letters of other encodings read as GB18030 make rare characters."""
    try:
        return bool(c.encode("gb2312"))
    except UnicodeEncodeError:
        return c == "\xa5"


def _valid(window: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(window)
    except UnicodeDecodeError:
        return False
    return True
