"""Sentences that are kept in the database and rendered in the language of whoever reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext


def gettext_noop(text: str) -> str:
    """Mark a sentence for translation without translating it; unlike Django's it needs no settings."""
    return text


@dataclass(frozen=True)
class Message:
    """An English source sentence with ``{named}`` places; a value may be a message itself."""

    text: str
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """The sentence in the active language."""
        values = {key: _shown(value) for key, value in self.values.items()}
        return gettext(self.text).format(**values)

    def english(self) -> str:
        """The source sentence; needs no settings."""
        return self.text.format(
            **{k: v.english() if isinstance(v, Message) else v for k, v in self.values.items()}
        )

    def to_json(self) -> dict[str, Any]:
        values = {k: v.to_json() if isinstance(v, Message) else v for k, v in self.values.items()}
        return {"text": self.text, "values": values}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Message:
        values = {
            k: cls.from_json(v) if isinstance(v, dict) else v for k, v in data.get("values", {}).items()
        }
        return cls(data["text"], values)


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
