import uuid

import pytest

from tests.cast import company
from zhiyin.platform.actors import Actor


@pytest.fixture
def gao(cast) -> Actor:  # type: ignore[no-untyped-def]
    """The administrator, in a transaction that is rolled back."""
    return cast.gao.actor


@pytest.fixture
def own(committed: None) -> Actor:
    """An administrator in a company of its own, whose work is committed."""
    return company(f"c{uuid.uuid4().hex[:12]}").gao.actor
