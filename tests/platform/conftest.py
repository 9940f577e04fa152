import pytest

from zhiyin.platform.jobs import snapshot


@pytest.fixture(autouse=True)
def without_members(monkeypatch: pytest.MonkeyPatch) -> None:
    """The people of these tests are in no company's list: whoever starts a job may do it."""
    monkeypatch.setattr(snapshot, "_find", [])
