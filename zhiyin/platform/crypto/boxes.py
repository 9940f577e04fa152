"""AES-256-GCM with a random nonce: nonce (12 bytes), then ciphertext with its tag (16 bytes)."""

import functools
import os
import unicodedata

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zhiyin.platform.crypto.errors import Unreadable

KEY = 32
_NONCE = 12


def new_key() -> bytes:
    return os.urandom(KEY)


def close(key: bytes, content: bytes, place: bytes) -> bytes:
    """Encrypt ``content``, which opens again at the same ``place`` only."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, place)


def open_(key: bytes, closed: bytes, place: bytes) -> bytes:
    """What was closed. Raises ``Unreadable``."""
    try:
        return AESGCM(key).decrypt(closed[:_NONCE], closed[_NONCE:], place)
    except (InvalidTag, ValueError):
        raise Unreadable from None


def place(*parts: str | bytes) -> bytes:
    """Where something belongs, in bytes that no other parts give."""
    raw = [each.encode() if isinstance(each, str) else each for each in parts]
    return b"".join(len(each).to_bytes(4, "big") + each for each in raw)


@functools.lru_cache(maxsize=4096)
def derived(key: bytes, purpose: str) -> bytes:
    """A key for one purpose (RFC 5869)."""
    return HKDF(hashes.SHA256(), KEY, None, b"zhiyin " + purpose.encode()).derive(key)


def normal(value: str) -> bytes:
    """The same bytes for what people write differently: width, case, blanks and dashes."""
    text = unicodedata.normalize("NFKC", value).casefold()
    return "".join(each for each in text if not each.isspace() and each not in "-‐‑‒–—").encode()
