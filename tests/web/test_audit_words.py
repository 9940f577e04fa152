"""The audit log speaks the reader's language: each event has its words."""

from zhiyin.platform.outbox import Event
from zhiyin.web.accounts.audit import LABELS


def test_every_event_has_words() -> None:
    names = {event.name for event in Event.__subclasses__() if event.__module__.startswith("zhiyin.")}
    assert len(names) > 40
    assert sorted(names - LABELS.keys()) == []
    assert sorted(LABELS.keys() - names) == []
