"""Orders from files with one line a row, as shops export them."""

from zhiyin.commerce.importers.orders.kind import Orders

__all__ = ["Orders"]
