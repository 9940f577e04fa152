"""Primary keys: UUIDv7 (RFC 9562), so that rows inserted together lie together in the index."""

import uuid

import uuid_utils.compat


def uuid7() -> uuid.UUID:
    """A new time-ordered key."""
    return uuid_utils.compat.uuid7()
