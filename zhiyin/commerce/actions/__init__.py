"""Writes: row, audit entry, event and timeline in one transaction."""

from zhiyin.commerce.actions.orders import NewLine, create_order
from zhiyin.commerce.actions.payments import record_payment
from zhiyin.commerce.actions.products import create_product, update_product
from zhiyin.commerce.actions.returns import ReturnedLine, TooMuchReturned, record_return

__all__ = [
    "NewLine",
    "ReturnedLine",
    "TooMuchReturned",
    "create_order",
    "create_product",
    "record_payment",
    "record_return",
    "update_product",
]
