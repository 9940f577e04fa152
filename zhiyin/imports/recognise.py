"""Which column says what: by its name in Chinese or English, and by what stands in it."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zhiyin.imports.assignment import assign
from zhiyin.imports.kinds import Field, FieldType, Kind
from zhiyin.imports.messages import Message, gettext_noop

SURE, LEAST = 0.75, 0.4

_TESTS: Mapping[FieldType, re.Pattern[str]] = {
    FieldType.DATE: re.compile(
        r"\d{4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(["
        r" T].*)?|(19|20)\d{6}(\d{4,6})?"
        r"|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}.*|[A-Za-z]{3,9} \d{1,2},"
        r" \d{4}.*|[3-5]\d{4}(\.\d+)?|1\d{9}|1\d{12}"
    ),
    FieldType.QUANTITY: re.compile(r"[-+−]?\d[\d,]*(\.\d+)?|\(\d+\)"),
    FieldType.AMOUNT: re.compile(
        r"[(]?[-+−]?\s?([¥￥$€£]|RMB|CNY|USD|EUR|GBP)?\s?[-+−]?\d[\d,.\s']*\s?([元¥￥$€£]|RMB|CNY|USD|EUR)?[-)]?",
        re.I,
    ),
    FieldType.EMAIL: re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+"),
    FieldType.PHONE: re.compile(r"(?!\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}\b)(\+|00)?\(?\d[\d\s()-]{5,17}\d"),
    FieldType.CURRENCY: re.compile(r"[A-Za-z]{3}|人民币|美元|欧元|英镑|港币|日元"),
}
_BY_CONTENT = {FieldType.EMAIL: 0.5, FieldType.DATE: 0.45, FieldType.PHONE: 0.42}
"""How far content alone, without a telling name, suggests a field."""

_EXACT = gettext_noop("The column is called “{column}”.")
_CLOSE = gettext_noop("The name “{column}” resembles “{synonym}”.")
_CONTENT = gettext_noop("{share}% of its values look like this.")
_BOTH = gettext_noop("{name} {content}")


@dataclass(frozen=True)
class Guess:
    """A column for a field, how sure, and why. ``confidence`` runs from 0 to 1."""

    field: str
    column: str
    confidence: float
    reason: Message

    @property
    def is_sure(self) -> bool:
        return self.confidence >= SURE


def recognise(kind: Kind, samples: Mapping[str, Sequence[str]]) -> dict[str, Guess]:
    """The likeliest column for each field, every column used at most once.

    Parameters
    ----------
    kind
        The kind of file, whose fields are looked for.
    samples
        Some values of each column, by its name in the file.

    Returns
    -------
    The guesses by field name; fields without a likely column are left out.
    """
    return recognise_fields(kind.fields, samples)


def recognise_fields(fields: Sequence[Field], samples: Mapping[str, Sequence[str]]) -> dict[str, Guess]:
    """As `recognise`, for files that are not imported."""
    columns = list(samples)
    found = [[_judge(f, column, samples[column]) for column in columns] for f in fields]
    weights = [
        [(1.2 if f.required else 1.0) * g.confidence if g.confidence >= LEAST else 0.0 for g in row]
        for f, row in zip(fields, found, strict=True)
    ]
    return {fields[row].name: found[row][place] for row, place in sorted(assign(weights).items())}


def likeliest_kind(kinds: Iterable[Kind], samples: Mapping[str, Sequence[str]]) -> Kind | None:
    """The kind whose required fields are all found and which explains the most columns."""
    best: tuple[float, Kind] | None = None
    for kind in kinds:
        guesses = recognise(kind, samples)
        if any(True for _ in kind.missing(list(guesses))):
            continue
        score = sum(guess.confidence for guess in guesses.values())
        if best is None or score > best[0]:
            best = (score, kind)
    return best[1] if best else None


def looks_like_day(value: str) -> bool:
    return bool(_TESTS[FieldType.DATE].fullmatch(value))


def _judge(f: Field, column: str, values: Sequence[str]) -> Guess:
    named, synonym = _name_score(f, column)
    share = _content_score(f.type, values)
    if share is None:
        confidence = named
    elif named:
        confidence = named * (0.5 + 0.5 * share) if share < 0.9 else named
    elif f.by_name:
        confidence = 0.0
    else:
        confidence = _BY_CONTENT.get(f.type, 0.0) * share
    return Guess(f.name, column, round(min(confidence, 1.0), 2), _reason(column, named, synonym, share))


def _reason(column: str, named: float, synonym: str, share: float | None) -> Message:
    content = Message(_CONTENT, {"share": round(100 * (share or 0))})
    if not named:
        return content
    text = _EXACT if named == 1 else _CLOSE
    name = Message(text, {"column": column, "synonym": synonym})
    return name if share is None else Message(_BOTH, {"name": name, "content": content})


def _name_score(f: Field, column: str) -> tuple[float, str]:
    name = plain(column)
    best, synonym = 0.0, ""
    for candidate in (f.name, *f.synonyms):
        score = _resemblance(name, plain(candidate))
        if score > best:
            best, synonym = score, candidate
    return best, synonym


def _resemblance(name: str, synonym: str) -> float:
    if name == synonym:
        return 1.0
    shorter, longer = sorted((name, synonym), key=len)
    enough = 2 if not shorter.isascii() else 4
    if len(shorter) >= enough and shorter in longer:
        return 0.55 + 0.35 * len(shorter) / len(longer)
    ratio = difflib.SequenceMatcher(None, name, synonym).ratio() if name.isascii() else 0.0
    return 0.6 * ratio if ratio >= 0.85 else 0.0


def plain(name: str) -> str:
    """A column's name without case, blanks, marks and anything in brackets."""
    text = unicodedata.normalize("NFKC", name).casefold()
    text = re.sub(r"[(\[（【].*?[)\]）】]", "", text) or text
    return re.sub(r"[\W_]+", "", text)


def _content_score(kind: FieldType, values: Sequence[str]) -> float | None:
    test = _TESTS.get(kind)
    filled = [value.strip() for value in values if value and value.strip()]
    if test is None or not filled:
        return None
    return sum(bool(test.fullmatch(value)) for value in filled) / len(filled)
