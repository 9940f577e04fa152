"""One spelling for each entry, so that equal entries have equal bytes, in the database and in an export."""

import hashlib
import json
from typing import Any

from zhiyin.platform.audit.merkle import leaf_hash

CHAIN_START = bytes(32)


def canonical(value: Any) -> str:
    """JSON with sorted keys and no blanks."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def entry_hash(sequence: int, entry: dict[str, Any]) -> bytes:
    """The leaf hash of an entry at its place in the log."""
    return leaf_hash(canonical({"sequence": sequence, "entry": entry}).encode())


def chain_hash(before: bytes, leaf: bytes) -> bytes:
    """The link from all entries before to this one."""
    return hashlib.sha256(b"\x02" + before + leaf).digest()
