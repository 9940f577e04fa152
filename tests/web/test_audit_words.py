"""The audit log speaks the reader's language: each event has its words."""

import ast
import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.utils import translation

import zhiyin
from zhiyin.platform.outbox import Event
from zhiyin.web.accounts.audit import LABELS, READS, Change, described

PACKAGE = Path(zhiyin.__file__).parent


def test_every_event_has_words() -> None:
    for path in PACKAGE.rglob("events.py"):
        importlib.import_module(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts))
    names = {event.name for event in Event.__subclasses__() if event.__module__.startswith("zhiyin.")}
    assert len(names) > 40
    assert sorted(names - LABELS.keys()) == []
    assert sorted(LABELS.keys() - names) == []


def test_of_many_records_the_number_is_told() -> None:
    changes = {"customers": [None, ["a", "b"]], "undone": [None, "tag"], "city": ["x", "y"]}
    entry: Any = SimpleNamespace(action="customers.change_undone", changes=changes)
    with translation.override("en"):
        told = described(entry, {}).changes
    assert told == [
        Change("Customers", "", "2"),
        Change("Undone", "", "Tag put on"),
        Change("City", "x", "y"),
    ]


def test_what_is_read_has_words() -> None:
    """Each name that ``record_read`` is given in the program."""
    named = {
        node.args[0].value
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record_read"
    }
    assert named == READS.keys()
