"""Where the public data lie that tests and benchmarks read."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("ZHIYIN_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
# what is known of online_retail.parquet from elsewhere
RETAIL = {
    "lines": 541_909,
    "orders": 25_900,
    "products": 4_070,
    "customers": 4_372,
    "countries": 38,
    "lines_without_customer": 135_080,
    "cancellation_lines": 9_288,
    "duplicates": 5_268,
    "quantity": Decimal(5_176_450),
    "value": Decimal("9747747.934"),
}


def shared_data(name: str) -> Path:
    """The path of one data file; without it the test is skipped, or fails where all parts are required."""
    path = FOLDER / name
    if not path.exists():
        missing_part(f"{name} is not in {FOLDER}")
    return path


def missing_part(reason: str) -> None:
    """Skip, saying what is missing; fail instead where ``ZHIYIN_TEST_REQUIRE=all``."""
    if os.environ.get("ZHIYIN_TEST_REQUIRE") == "all":
        pytest.fail(reason)
    pytest.skip(reason)
