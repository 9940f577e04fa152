"""Sentences that are kept in the database and rendered in the language of whoever reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext, ngettext


def gettext_noop(text: str) -> str:
    """Mark a sentence for translation without translating it; unlike Django's it needs no settings."""
    return text


def ngettext_lazy(one: str, many: str) -> Callable[[int], Message]:
    """A sentence about ``{count}`` things, to be given the count; named as what collects sentences expects."""
    return lambda count: Message(many, {"count": count}, one)


@dataclass(frozen=True)
class Message:
    """An English source sentence with ``{named}`` places; a value may be a message itself.

    ``one`` is the form of ``text`` for a ``count`` of one, where the two differ.
    """

    text: str
    values: dict[str, Any] = field(default_factory=dict)
    one: str = ""

    def __str__(self) -> str:
        """The sentence in the active language."""
        values = {key: _shown(value) for key, value in self.values.items()}
        if self.one:
            return ngettext(self.one, self.text, self.values["count"]).format(**values)
        return gettext(self.text).format(**values)

    def english(self) -> str:
        """The source sentence; needs no settings."""
        text = self.one if self.one and self.values["count"] == 1 else self.text
        return text.format(
            **{k: v.english() if isinstance(v, Message) else v for k, v in self.values.items()}
        )

    def to_json(self) -> dict[str, Any]:
        values = {k: v.to_json() if isinstance(v, Message) else v for k, v in self.values.items()}
        return {"text": self.text, "values": values} | ({"one": self.one} if self.one else {})

    def counting(self, count: int) -> Message:
        """The same about ``count`` things."""
        return replace(self, values={**self.values, "count": count})

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Message:
        values = {
            k: cls.from_json(v) if isinstance(v, dict) else v for k, v in data.get("values", {}).items()
        }
        return cls(data["text"], values, data.get("one", ""))


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
