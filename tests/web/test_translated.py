"""What is marked to be translated is, by whatever name a file calls the marking."""

import ast
from collections.abc import Iterator
from pathlib import Path

import polib

import zhiyin

PACKAGE = Path(zhiyin.__file__).parent


def _marked_later() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text()
        if " as later" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Call(func=ast.Name(id="later"), args=[ast.Constant(value=str(said))]):
                    yield path.name, said


def test_what_is_marked_later_is_translated() -> None:
    there = {each.msgid for each in polib.pofile(str(PACKAGE / "locale/zh_Hans/LC_MESSAGES/django.po"))}
    assert {each for each in _marked_later() if each[1] not in there} == set()
    assert next(_marked_later(), None)
