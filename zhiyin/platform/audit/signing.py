"""The installation's key, which signs checkpoints of audit logs.

From ``ZHIYIN_AUDIT_KEY`` (a PEM, or the path of one), else made once in the data folder with mode 0600. The
key itself is never shown or logged; its public half is for whoever checks.
"""

import base64
import functools
import os
import tempfile
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from zhiyin.platform.audit.verify import ED25519, note_key_id

FILE = "audit_key"


def public_key() -> str:
    """The public half, 32 bytes in base64."""
    return base64.b64encode(_public()).decode()


def verifier_key(name: str) -> str:
    """The public half as programs for signed notes take it: ``name+id+key``."""
    key = base64.b64encode(ED25519 + _public()).decode()
    return f"{name}+{note_key_id(name, _public()).hex()}+{key}"


def signed(text: str, name: str) -> str:
    """A C2SP signed note of a text that ends in a newline."""
    signature = note_key_id(name, _public()) + _key().sign(text.encode())
    return f"{text}\n— {name} {base64.b64encode(signature).decode()}\n"


def _public() -> bytes:
    return _key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _key() -> Ed25519PrivateKey:
    return _load(settings.ZHIYIN_AUDIT_KEY, Path(settings.ZHIYIN_HOME) / FILE)


@functools.cache
def _load(configured: str, made: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(_pem(configured, made), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        # without the cause: it might quote the key
        raise ImproperlyConfigured(_advice(configured, made)) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ImproperlyConfigured(_advice(configured, made))
    return key


def _pem(configured: str, made: Path) -> bytes:
    if configured.startswith("-----BEGIN"):
        return configured.encode()
    return (Path(configured) if configured else _made(made)).read_bytes()


def _advice(configured: str, made: Path) -> str:
    place = "ZHIYIN_AUDIT_KEY" if configured else str(made)
    return f"{place} is not an Ed25519 private key: openssl genpkey -algorithm ed25519 makes one."


def _made(path: Path) -> Path:
    """The key file, made if there is none: whole or not at all, and one even if several start at once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE}-")  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(pem)
            Path(path).hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink()
    return path
