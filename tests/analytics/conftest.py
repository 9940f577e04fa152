import pytest

from tests.analytics.shop import Shop
from tests.cast import Company


@pytest.fixture
def shop(cast: Company) -> Shop:
    return Shop(cast)


@pytest.fixture
def other_shop(other: Company) -> Shop:
    return Shop(other)
