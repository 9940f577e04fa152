"""What a backup says about itself."""

import hashlib
import tarfile
from collections.abc import Iterator
from typing import IO

from pydantic import BaseModel, ValidationError

FORMAT = 1
MANIFEST, DUMP, FILES = "manifest.json", "database.dump", "files/"
KEYS = ("secret_key", "audit_key")
CHUNK = 1 << 20


class BackupError(Exception):
    """A backup cannot be written, read or restored; the message says why."""


class Manifest(BaseModel):
    """``rows`` by table, ``sha256`` by member; ``owner`` is the role that owned the tables."""

    format: int
    zhiyin: str
    created_at: str
    postgres: int
    owner: str
    migrations: list[str]
    rows: dict[str, int]
    sha256: dict[str, str]
    files_elsewhere: str = ""


def read_manifest(archive: tarfile.TarFile) -> Manifest:
    """The manifest of a backup. Raises ``BackupError``."""
    try:
        member = archive.extractfile(MANIFEST)
        manifest = Manifest.model_validate_json(member.read() if member else b"")
    except (KeyError, ValidationError) as error:
        raise BackupError("This is not a backup of zhiyin, or its end is missing.") from error
    if manifest.format != FORMAT:
        raise BackupError(f"The backup has format {manifest.format}; this zhiyin reads format {FORMAT}.")
    return manifest


def chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


class HashingReader:
    """Reads through to a stream and hashes what passes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._digest.update(data)
        return data

    def hexdigest(self) -> str:
        return self._digest.hexdigest()
