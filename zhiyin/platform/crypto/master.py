"""The installation's master key, which wraps each company's keys: in a file, in the environment, or in a KMS.

``ZHIYIN_KMS`` names a class that has what ``MasterKeys`` asks for, as ``package.module:Class``.
"""

import base64
import binascii
import functools
import hashlib
import hmac
import os
import stat
import tempfile
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from zhiyin.platform.crypto import boxes
from zhiyin.platform.crypto.errors import CryptoError, MasterKeyMissing

FILE = "master_key"


class MasterKeys(Protocol):
    """The versions of a master key. ``place`` is what a wrapped key belongs to; it must be authenticated.

    ``current`` names the version that wraps, ``""`` while there is none yet; ``make`` puts a new one in its
    place, unless ``former`` is not the current one any more. ``unwrap`` raises ``MasterKeyMissing`` for a version that is not within reach, ``Unreadable`` for
    what was not wrapped so.
    """

    def current(self) -> str: ...

    def has(self, version: str) -> bool: ...

    def wrap(self, key: bytes, place: bytes) -> bytes: ...

    def unwrap(self, version: str, wrapped: bytes, place: bytes) -> bytes: ...

    def make(self, former: str) -> str: ...

    def forget(self, version: str) -> None: ...


class GivenKeys:
    """Keys of 32 bytes in base64, the first of which is the current one: ``ZHIYIN_MASTER_KEY=new,old``."""

    def __init__(self, keys: list[bytes]) -> None:
        self._keys = {version_of(key): key for key in keys}

    def current(self) -> str:
        return next(iter(self._keys), "")

    def has(self, version: str) -> bool:
        return version in self._keys

    def wrap(self, key: bytes, place: bytes) -> bytes:
        return boxes.close(self._keys[self.current()], key, place)

    def unwrap(self, version: str, wrapped: bytes, place: bytes) -> bytes:
        if not self.has(version):
            raise MasterKeyMissing(version)
        return boxes.open_(self._keys[version], wrapped, place)

    def make(self, former: str) -> str:  # noqa: ARG002
        raise CryptoError(
            "The master key comes from ZHIYIN_MASTER_KEY: put a new one before the present one, separated by a "
            "comma, restart zhiyin, then run `zhiyin keys rotate` again."
        )

    def forget(self, version: str) -> None:
        raise CryptoError(f"Take the master key {version} out of ZHIYIN_MASTER_KEY yourself.")


class FileKeys(GivenKeys):
    """One key a line in a file that only zhiyin reads, the newest first; another process may add to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read()

    def _read(self) -> None:
        text = self.path.read_text() if self.path.exists() else ""
        super().__init__(_decoded(text.split(), str(self.path)))

    def has(self, version: str) -> bool:
        if not super().has(version):
            self._read()
        return super().has(version)

    def current(self) -> str:
        self._read()
        return super().current()

    def make(self, former: str) -> str:
        self._read()
        if self.current() != former:
            return self.current()
        self._write([boxes.new_key(), *self._keys.values()], first=not self._keys)
        self._read()
        return self.current()

    def forget(self, version: str) -> None:
        self._read()
        self._write([key for each, key in self._keys.items() if each != version], first=False)
        self._read()

    def _write(self, keys: list[bytes], *, first: bool) -> None:
        """Whole or not at all; of several that make the first one, one is heard."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=self.path.parent, prefix=f".{FILE}-")  # mode 0600
        try:
            with os.fdopen(descriptor, "w") as stream:
                stream.write("".join(base64.b64encode(each).decode() + "\n" for each in keys))
                stream.flush()
                os.fsync(stream.fileno())
            if first:
                self.path.hardlink_to(draft)
            else:
                Path(draft).replace(self.path)
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink(missing_ok=True)

    def is_open(self) -> bool:
        """Whether others on this machine can read the file."""
        return self.path.exists() and bool(stat.S_IMODE(self.path.stat().st_mode) & 0o077)


def version_of(key: bytes) -> str:
    """A name for a key that does not tell it."""
    return hmac.new(key, b"zhiyin master key", hashlib.sha256).hexdigest()[:12]


def master_keys() -> MasterKeys:
    """The keys of this installation. Raises ``CryptoError``."""
    return _load(settings.ZHIYIN_KMS, settings.ZHIYIN_MASTER_KEY, Path(settings.ZHIYIN_HOME))


@functools.cache
def _load(kms: str, given: str, home: Path) -> MasterKeys:
    if kms:
        try:
            made: MasterKeys = import_string(kms.replace(":", "."))()
        except ImportError as error:
            raise CryptoError(f"ZHIYIN_KMS: {error}") from error
        return made
    if not given:
        return FileKeys(home / FILE)
    # base64 has slashes too, but no key begins with one that is a file
    if Path(given).is_absolute() and Path(given).exists():
        return FileKeys(Path(given))
    return GivenKeys(_decoded(given.split(","), "ZHIYIN_MASTER_KEY"))


def _decoded(texts: list[str], where: str) -> list[bytes]:
    try:
        keys = [base64.b64decode(each.strip(), validate=True) for each in texts]
    except binascii.Error:
        keys = [b""]
    if any(len(each) != boxes.KEY for each in keys):
        # without the cause: it might quote a key
        raise CryptoError(f"{where} holds no key of 32 bytes in base64: openssl rand -base64 32 makes one.")
    return keys
