"""Any sales file as a stream of Arrow record batches with row numbers; no Django, constant memory."""

from zhiyin.imports.reading.errors import FileError
from zhiyin.imports.reading.opening import Options, Source, open_file
from zhiyin.imports.reading.table import ROW, Ragged

__all__ = ["ROW", "FileError", "Options", "Ragged", "Source", "open_file"]
