"""Reads for lists and pages, each with a fixed number of SQL statements."""

from zhiyin.customers.filters.options import owners, tags, units
from zhiyin.customers.queries.consents import Standing, Verdict, consents, purposes, standing
from zhiyin.customers.queries.contacts import Sharing, also_of, contact_points
from zhiyin.customers.queries.counting import Count, count, kept_count
from zhiyin.customers.queries.documents import document_file, documents, openings
from zhiyin.customers.queries.field_access import Governed, governed_fields, ruled_roles
from zhiyin.customers.queries.duplicates import (
    duplicate_rules,
    evidence,
    named,
    suspected_with,
    suspects,
    together,
)
from zhiyin.customers.queries.fields import all_fields, field
from zhiyin.customers.queries.filtering import codes_of, keys_of
from zhiyin.customers.queries.listing import (
    SORTS,
    CustomerFilter,
    CustomerRow,
    Sort,
    count_customers,
    list_customers,
    matching,
    quick_search,
    saved_views,
    tags_of,
    tags_of_one,
    used_values,
)
from zhiyin.customers.queries.merges import list_merges, parties
from zhiyin.customers.queries.record import customer_by_code, led_on, notes, record_customer
from zhiyin.customers.queries.relations import (
    COUNTED,
    Graph,
    Related,
    RollUp,
    count_related,
    possible_ends,
    related,
    relation_graph,
    relation_types,
    roll_up,
)
from zhiyin.customers.queries.timeline import TIMELINE_KINDS, timeline, touches
from zhiyin.customers.queries.trail import require_whole, trail

__all__ = [
    "COUNTED",
    "SORTS",
    "TIMELINE_KINDS",
    "Count",
    "CustomerFilter",
    "CustomerRow",
    "Explanation",
    "Governed",
    "Graph",
    "Related",
    "RollUp",
    "Sharing",
    "Sort",
    "Standing",
    "Verdict",
    "all_fields",
    "also_of",
    "codes_of",
    "consents",
    "contact_points",
    "count",
    "count_customers",
    "count_related",
    "customer_by_code",
    "document_file",
    "documents",
    "duplicate_rules",
    "evidence",
    "field",
    "governed_fields",
    "kept_count",
    "keys_of",
    "led_on",
    "list_customers",
    "list_merges",
    "matching",
    "named",
    "notes",
    "openings",
    "owners",
    "parties",
    "possible_ends",
    "purposes",
    "quick_search",
    "record_customer",
    "related",
    "relation_graph",
    "relation_types",
    "require_whole",
    "roll_up",
    "ruled_roles",
    "saved_views",
    "standing",
    "suspected_with",
    "suspects",
    "tags",
    "tags_of",
    "tags_of_one",
    "timeline",
    "together",
    "touches",
    "trail",
    "units",
    "used_values",
]
