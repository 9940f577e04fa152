"""The columnar copy of each tenant's read tables, in ``ZHIYIN_HOME/warehouse/tenant=…/dataset=…/``.

An app registers what it offers in ``datasets.py`` and tracks the tables behind it in a migration with
``TrackChanges``. Whatever changes there, deletions and undone imports included, marks in its own transaction
the partitions it touches as stale; ``export`` rewrites those and no others.

The modules ``export`` and ``reading`` are imported where they are used: DuckDB and Arrow are heavy, and the
servers of pages do not need them.
"""

from zhiyin.analytics.warehouse.registry import (
    Buckets,
    Dataset,
    Months,
    Segmentation,
    register,
    registered,
    segment_name,
)
from zhiyin.analytics.warehouse.tracking import TrackChanges

__all__ = [
    "Buckets",
    "Dataset",
    "Months",
    "Segmentation",
    "TrackChanges",
    "register",
    "registered",
    "segment_name",
]
