"""Writes: row, audit entry, event and timeline in one transaction."""

from zhiyin.commerce.actions.orders import NewLine, create_order
from zhiyin.commerce.actions.payments import record_payment
from zhiyin.commerce.actions.products import create_product, update_product
from zhiyin.commerce.actions.rates import Rate, read_rates, remove_rate, set_rates
from zhiyin.commerce.actions.returns import ReturnedLine, TooMuchReturned, record_return

__all__ = [
    "NewLine",
    "Rate",
    "ReturnedLine",
    "TooMuchReturned",
    "create_order",
    "create_product",
    "read_rates",
    "record_payment",
    "record_return",
    "remove_rate",
    "set_rates",
    "update_product",
]
