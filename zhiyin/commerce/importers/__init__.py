"""Products and orders from files."""

from zhiyin.commerce.importers.orders import Orders
from zhiyin.commerce.importers.products import Products
from zhiyin.customers.importers import used_by
from zhiyin.imports import kinds

kinds.register(Products())
kinds.register(Orders())
used_by.append("SELECT FROM commerce_order o WHERE o.customer_id = c.id")
