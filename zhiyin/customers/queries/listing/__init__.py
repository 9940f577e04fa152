"""Lists of customers: filter, search, sort, page."""

from zhiyin.customers.queries.listing.filter import CustomerFilter
from zhiyin.customers.queries.listing.page import (
    SORTS,
    CustomerList,
    CustomerRow,
    Sort,
    count_customers,
    list_customers,
)
from zhiyin.customers.queries.listing.question import matching
from zhiyin.customers.queries.listing.quick import quick_search

__all__ = [
    "SORTS",
    "CustomerFilter",
    "CustomerList",
    "CustomerRow",
    "Sort",
    "count_customers",
    "list_customers",
    "matching",
    "quick_search",
]
