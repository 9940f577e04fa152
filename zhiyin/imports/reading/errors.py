from __future__ import annotations

from typing import Any

from zhiyin.imports.messages import Message


class FileError(Exception):
    """The file cannot be read; ``message`` says why and what to do.

    ``code`` is stable for scripts: empty, missing, binary, encoding, nul, long_row, quote, no_header, columns,
    bomb, too_large, damaged, protected, unsupported.
    """

    def __init__(self, code: str, text: str, **values: Any) -> None:
        self.code = code
        self.message = Message(text, values)
        super().__init__(self.message.english())
