"""Reads for lists and pages, each with a fixed number of SQL statements."""

from zhiyin.customers.queries.counting import Count, count, kept_count
from zhiyin.customers.queries.listing import (
    SORTS,
    CustomerFilter,
    Sort,
    count_customers,
    find_customers,
    labels,
    list_customers,
    matching,
    owners,
    quick_search,
    saved_views,
    tags,
    tags_of,
    units,
    used_values,
)
from zhiyin.customers.queries.record import (
    TIMELINE_KINDS,
    contact_points,
    notes,
    record_customer,
    timeline,
)

__all__ = [
    "SORTS",
    "TIMELINE_KINDS",
    "Count",
    "CustomerFilter",
    "Sort",
    "contact_points",
    "count",
    "count_customers",
    "find_customers",
    "kept_count",
    "labels",
    "list_customers",
    "matching",
    "notes",
    "owners",
    "quick_search",
    "record_customer",
    "saved_views",
    "tags",
    "tags_of",
    "timeline",
    "units",
    "used_values",
]
