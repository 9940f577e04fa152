import datetime
from collections.abc import Iterator

import pytest
from django.utils import timezone

from tests.cast import Company


@pytest.fixture
def now() -> datetime.datetime:
    return timezone.now()


@pytest.fixture
def inside(cast: Company) -> Iterator[Company]:
    """The first company, its transaction open."""
    with cast.scope():
        yield cast
