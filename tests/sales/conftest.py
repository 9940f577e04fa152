from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """The first stages are named in the language of who begins."""
    with translation.override("en"):
        yield
