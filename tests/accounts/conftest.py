import pytest

from tests.cast import Company
from zhiyin.platform.actors import Actor


@pytest.fixture
def gao(cast: Company) -> Actor:
    return cast.gao.actor
