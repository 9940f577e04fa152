"""Address labels, envelopes and phone lists as PDF."""

from zhiyin.customers.printing.layout import MOST, SHEETS, WHATS, Layout, preview, write
from zhiyin.customers.printing.recipients import Recipient
from zhiyin.customers.printing.sheets import ENVELOPES, LABELS

__all__ = ["ENVELOPES", "LABELS", "MOST", "SHEETS", "WHATS", "Layout", "Recipient", "preview", "write"]
