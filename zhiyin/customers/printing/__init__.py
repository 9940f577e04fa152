"""Address labels, envelopes and phone lists as PDF."""

from zhiyin.customers.printing.layout import (
    PRINT_AT_ONCE,
    Layout,
    Preview,
    chosen_among,
    columns,
    file_name,
    preview,
    require_open,
    write,
)
from zhiyin.customers.printing.recipients import Recipient
from zhiyin.customers.printing.sheets import ENVELOPES, LABELS

__all__ = [
    "ENVELOPES",
    "LABELS",
    "PRINT_AT_ONCE",
    "Layout",
    "Preview",
    "Recipient",
    "chosen_among",
    "columns",
    "file_name",
    "preview",
    "require_open",
    "write",
]
