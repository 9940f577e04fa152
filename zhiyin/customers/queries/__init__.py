"""Reads for lists and pages, each with a fixed number of SQL statements."""

from zhiyin.customers.filters.options import owners, tags, units
from zhiyin.customers.queries.consents import Standing, Verdict, consents, purposes, standing
from zhiyin.customers.queries.contacts import Sharing, also_of, contact_points
from zhiyin.customers.queries.counting import Count, count, kept_count
from zhiyin.customers.queries.documents import document_file, documents, openings
from zhiyin.customers.queries.duplicates import (
    duplicate_rules,
    evidence,
    named,
    suspects,
    together,
)
from zhiyin.customers.queries.field_access import Governed, governed_fields, ruled_roles
from zhiyin.customers.queries.fields import all_fields, field, ready_to_add
from zhiyin.customers.queries.filtering import codes_of, keys_of
from zhiyin.customers.queries.history import AsItWas, as_it_was
from zhiyin.customers.queries.likely import Likely, likely
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
from zhiyin.customers.queries.pools import (
    Room,
    open_pools,
    pool_customers,
    pool_parties,
    pools,
    room,
)
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
from zhiyin.customers.queries.sensitive import (
    Masked,
    sensitive_of,
    sensitive_rules,
)
from zhiyin.customers.queries.shares import (
    Explanation,
    all_units,
    colleagues,
    explain_access,
    may_explain,
    shared_with_me,
    shares_of,
    standing_of,
)
from zhiyin.customers.queries.timeline import TIMELINE_KINDS, timeline, touches
from zhiyin.customers.queries.trail import require_whole, trail

__all__ = [
    "COUNTED",
    "SORTS",
    "TIMELINE_KINDS",
    "AsItWas",
    "Count",
    "CustomerFilter",
    "CustomerRow",
    "Explanation",
    "Governed",
    "Graph",
    "Likely",
    "Masked",
    "Related",
    "RollUp",
    "Room",
    "Sharing",
    "Sort",
    "Standing",
    "Verdict",
    "all_fields",
    "all_units",
    "also_of",
    "as_it_was",
    "codes_of",
    "colleagues",
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
    "explain_access",
    "field",
    "governed_fields",
    "kept_count",
    "keys_of",
    "led_on",
    "likely",
    "list_customers",
    "list_merges",
    "matching",
    "may_explain",
    "named",
    "notes",
    "open_pools",
    "openings",
    "owners",
    "parties",
    "pool_customers",
    "pool_parties",
    "pools",
    "possible_ends",
    "purposes",
    "quick_search",
    "ready_to_add",
    "record_customer",
    "related",
    "relation_graph",
    "relation_types",
    "require_whole",
    "roll_up",
    "room",
    "ruled_roles",
    "saved_views",
    "sensitive_of",
    "sensitive_rules",
    "shared_with_me",
    "shares_of",
    "standing",
    "standing_of",
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
