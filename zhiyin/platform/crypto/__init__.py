"""Values under keys: an envelope of the installation's master key, each company's keys, and a key a person.

The master key wraps a company's keys, a company's key wraps that of a subject (a customer), and a subject's key
encrypts its values. The wrapped keys lie in tables that no dump holds. Whose key is destroyed, his values cannot
be read any more: not here, and not in a backup.

All of it works on the transaction's company. See `docs/adr/0009-keys-and-sensitive-values.md`.
"""

from zhiyin.platform.crypto.errors import CryptoError, Erased, MasterKeyMissing, Unreadable
from zhiyin.platform.crypto.ring import blind, blinds, seal, suppression_hash, unseal
from zhiyin.platform.crypto.subjects import (
    Item,
    decrypt,
    decrypt_many,
    destroy,
    destroyed,
    encrypt,
    encrypt_many,
    when_destroyed,
)
from zhiyin.platform.crypto.suppression import Known, is_anybody_suppressed, lift, suppress, suppressed

__all__ = [
    "CryptoError",
    "Erased",
    "Item",
    "Known",
    "MasterKeyMissing",
    "Unreadable",
    "blind",
    "blinds",
    "decrypt",
    "decrypt_many",
    "destroy",
    "destroyed",
    "encrypt",
    "encrypt_many",
    "is_anybody_suppressed",
    "lift",
    "seal",
    "suppress",
    "suppressed",
    "suppression_hash",
    "unseal",
    "when_destroyed",
]
