"""Secrets that stand for something of one tenant; the tenant is read from them before anything is looked up."""

import base64
import binascii
import hashlib
import secrets
import uuid

LONGEST = 100


def new_token(start: str, tenant_id: uuid.UUID, secret: bytes = b"") -> str:
    """A secret, else 192 random bits, behind the tenant's key; it begins with ``start``."""
    raw = tenant_id.bytes + (secret or secrets.token_bytes(24))
    return start + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def tenant_of(start: str, token: str) -> uuid.UUID | None:
    """The tenant that a token claims to belong to, or ``None`` when it cannot be one."""
    if not token.startswith(start) or len(token) > LONGEST:
        return None
    body = token.removeprefix(start)
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        return uuid.UUID(bytes=raw[:16])
    except (binascii.Error, ValueError):
        return None


def digest(token: str) -> bytes:
    """What is kept of a token: SHA-256 suffices for 192 random bits."""
    return hashlib.sha256(token.encode()).digest()
