from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """What is refused is said in the language of who asks."""
    with translation.override("en"):
        yield
