"""Days as the reader has them."""

import pytest

from tests.cast import Company

LISTS = {
    "/orders/": ("date_from", "date_to"),
    "/customers/": ("created_from", "created_to", "last_from", "last_to"),
    "/settings/audit/": ("since", "until"),
}


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("address", LISTS)
def test_the_calendar_s_ends_are_days_too(cast: Company, address: str, day: str) -> None:
    asked = dict.fromkeys(LISTS[address], day)
    assert cast.gao.client.get(address, asked).status_code == 200
