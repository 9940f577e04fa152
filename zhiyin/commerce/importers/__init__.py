"""Products and orders from files."""

from zhiyin.commerce.importers.orders import Orders
from zhiyin.commerce.importers.products import Products
from zhiyin.imports import kinds

kinds.register(Products())
kinds.register(Orders())
