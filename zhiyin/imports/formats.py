"""How dates and numbers are written in a column, decided once from all its values, as DuckDB expressions."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zhiyin.imports.messages import Message, gettext_noop

if TYPE_CHECKING:
    import duckdb

NUMBER = "DECIMAL(18, 4)"
"""Amounts and quantities in the workspace: four decimals in 64 bits."""
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %I:%M:%S%p")
_ISO_TIMES = ("T%H:%M:%S", "T%H:%M", "T%H:%M:%S.%f")


@dataclass(frozen=True)
class DateFormat:
    """One way to write dates, with or without a time of day.

    ``shape`` is matched against a value with its digits as 9s; ``patterns`` are tried one after the other.
    """

    name: str
    label: str
    shape: str
    expression: str = "try_strptime({v}, {patterns})"
    patterns: tuple[str, ...] = ()

    def sql(self, value: str, patterns: Sequence[str] = ()) -> str:
        """The expression for a value's date; ``patterns`` are those of the format that are to be tried."""
        return self.expression.format(v=value, patterns=list(patterns or self.patterns))


def _at(pattern: str, times: tuple[str, ...] = _TIMES) -> tuple[str, ...]:
    return tuple(pattern + time for time in times)


def _number(low: float, high: float, make: str) -> str:
    number = "try_cast({v} AS DOUBLE)"
    return f"CASE WHEN {number} BETWEEN {low:.0f} AND {high:.0f} THEN {make.format(n=number)} END"


_CLOCK = r"([ T]9{1,2}:9{2}(:9{2}(\.9+)?)?( ?[AaPp][Mm])?)?"
_CHINESE = (
    "try_strptime(regexp_replace(translate({v}, '年月日号时点分秒', '--  ::: '), '[ :]+$', ''), {patterns})"
)
_ZONE = r"(Z|[+-]9{2}(:?9{2})?)"


def _ordered(order: str, label: str, mark: str, digits: tuple[str, str, str]) -> DateFormat:
    pattern = mark.join("%" + letter for letter in order)
    shape = re.escape(mark).join(digits)
    times = (*_TIMES, *_ISO_TIMES) if order == "Ymd" else _TIMES
    return DateFormat(pattern, label.replace("-", mark), f"{shape}{_CLOCK}", patterns=_at(pattern, times))


_D2, _D4 = "9{1,2}", "9{4}"
DATE_FORMATS: tuple[DateFormat, ...] = (
    *(
        _ordered(order, label, mark, digits)
        for mark in "-/."
        for order, label, digits in (
            ("Ymd", "YYYY-MM-DD", (_D4, _D2, _D2)),
            ("dmY", "DD-MM-YYYY", (_D2, _D2, _D4)),
            ("mdY", "MM-DD-YYYY", (_D2, _D2, _D4)),
            ("dmy", "DD-MM-YY", (_D2, _D2, "9{2}")),
            ("mdy", "MM-DD-YY", (_D2, _D2, "9{2}")),
            ("ymd", "YY-MM-DD", ("9{2}", _D2, _D2)),
        )
    ),
    DateFormat(
        "iso_zoned",
        "YYYY-MM-DDThh:mm:ss+zone",
        rf"9{{4}}-9{{2}}-9{{2}}[T ]9{{2}}:9{{2}}(:9{{2}}(\.9+)?)?{_ZONE}",
        "timezone('UTC', try_cast({v} AS TIMESTAMPTZ))",
    ),
    DateFormat(
        "chinese",
        "2024年3月5日",
        r"9{4} ?年 ?9{1,2} ?月 ?9{1,2} ?[日号].*",
        _CHINESE,
        ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H"),
    ),
    DateFormat("%Y%m%d", "YYYYMMDD", rf"9{{8}}{_CLOCK}", patterns=_at("%Y%m%d")),
    DateFormat("%Y%m%d%H%M%S", "YYYYMMDDhhmmss", r"9{14}", patterns=_at("%Y%m%d%H%M%S", ("",))),
    DateFormat("%Y%m%d%H%M", "YYYYMMDDhhmm", r"9{12}", patterns=_at("%Y%m%d%H%M", ("",))),
    DateFormat("%d-%b-%Y", "5-Mar-2024", rf"9{{1,2}}-[A-Za-z]+-9{{4}}{_CLOCK}", patterns=_at("%d-%b-%Y")),
    DateFormat("%d-%b-%y", "5-Mar-24", rf"9{{1,2}}-[A-Za-z]+-9{{2}}{_CLOCK}", patterns=_at("%d-%b-%y")),
    DateFormat("%d %b %Y", "5 Mar 2024", rf"9{{1,2}} [A-Za-z]{{3}} 9{{4}}{_CLOCK}", patterns=_at("%d %b %Y")),
    DateFormat("%d %B %Y", "5 March 2024", rf"9{{1,2}} [A-Za-z]+ 9{{4}}{_CLOCK}", patterns=_at("%d %B %Y")),
    DateFormat(
        "%b %d, %Y", "Mar 5, 2024", rf"[A-Za-z]{{3}} 9{{1,2}}, 9{{4}}{_CLOCK}", patterns=_at("%b %d, %Y")
    ),
    DateFormat(
        "%B %d, %Y", "March 5, 2024", rf"[A-Za-z]+ 9{{1,2}}, 9{{4}}{_CLOCK}", patterns=_at("%B %d, %Y")
    ),
    DateFormat(
        "excel",
        "spreadsheet day number",
        r"9{5}(\.9+)?",
        _number(
            20_000, 80_000, "TIMESTAMP '1899-12-30' + to_microseconds(round({n} * 86400)::BIGINT * 1000000)"
        ),
    ),
    DateFormat(
        "epoch",
        "seconds since 1970",
        r"9{9,10}(\.9+)?",
        _number(1e8, 9.9e9, "make_timestamp(({n} * 1e6)::BIGINT)"),
    ),
    DateFormat(
        "epoch_ms",
        "milliseconds since 1970",
        r"9{12,13}",
        _number(1e11, 9.9e12, "make_timestamp(({n} * 1e3)::BIGINT)"),
    ),
)
BY_NAME = {f.name: f for f in DATE_FORMATS}
_INSTANTS = frozenset({"epoch", "epoch_ms", "iso_zoned"})
"""Formats that give an instant in UTC, not a time on the wall."""


@dataclass(frozen=True)
class Decision:
    """The format chosen for a column and why; ``misses`` counts distinct values that do not fit it."""

    name: str
    label: str
    reason: Message
    fits: int
    misses: int
    ambiguous: bool = False

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"reason": self.reason.to_json()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Decision:
        return cls(**{**data, "reason": Message.from_json(data["reason"])})

    @property
    def is_instant(self) -> bool:
        return self.name in _INSTANTS


def decide_dates(con: duckdb.DuckDBPyConnection, table: str, column: str, *, now: str) -> Decision | None:
    """The date format that most of the column's distinct values have; ``None`` when none has any.

    ``now`` (ISO 8601) breaks a tie between day-first and month-first, since sales do not lie in the future; then
    comes the order of the rows in time; then day-first.
    """
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE dates_ AS SELECT v, min(row_) AS met, regexp_replace(v, '[0-9]',"
        f" '9', 'g') AS shape"
        f" FROM (SELECT row_, {column} AS v FROM {table}) WHERE v IS NOT NULL GROUP BY v"
    )
    shapes = con.execute("SELECT shape, count(*) FROM dates_ GROUP BY shape").fetchall()
    candidates = [f for f in DATE_FORMATS if any(re.fullmatch(f.shape, shape) for shape, _ in shapes)]
    if not candidates:
        return None
    counts = ", ".join(f"count({f.sql('v')})" for f in candidates)
    counted = con.execute(f"SELECT count(*), {counts} FROM dates_")
    total, *fits = counted.fetchall()[0]
    best = max(fits)
    if not best:
        return None
    winners = [f for f, n in zip(candidates, fits, strict=True) if n == best]
    return (
        _between(con, winners, best, total, now)
        if len(winners) > 1
        else _sure(winners[0], candidates, fits, total)
    )


def patterns_met(con: duckdb.DuckDBPyConnection, chosen: DateFormat) -> list[str]:
    """Those patterns of the format just decided on that occur in the column, the commonest first."""
    if not chosen.patterns:
        return []
    counts = ", ".join(f"count({chosen.sql('v', [pattern])})" for pattern in chosen.patterns)
    counted = zip(con.execute(f"SELECT {counts} FROM dates_").fetchall()[0], chosen.patterns, strict=True)
    return [pattern for count, pattern in sorted(counted, reverse=True) if count]


def _sure(chosen: DateFormat, candidates: list[DateFormat], fits: list[int], total: int) -> Decision:
    best = max(fits)
    others = [(n, f) for n, f in zip(fits, candidates, strict=True) if f is not chosen and n]
    values = {"format": chosen.label, "fits": best, "total": total}
    if not others:
        return Decision(chosen.name, chosen.label, Message(_FITS, values), best, total - best)
    n, other = max(others, key=lambda pair: pair[0])
    return Decision(
        chosen.name,
        chosen.label,
        Message(_FITS_MORE, {**values, "other": other.label, "other_fits": n}),
        best,
        total - best,
    )


_FITS = gettext_noop("{fits} of {total} different dates are written {format}.")
_FITS_MORE = gettext_noop(
    "{fits} of {total} different dates can be read as {format}, only {other_fits} as {other}."
)
_FUTURE = gettext_noop(
    "The dates could be {format} or {other}; read as {other}, some would lie in the future."
)
_IN_ORDER = gettext_noop("The dates could be {format} or {other}; read as {format}, the rows follow in time.")
_GUESS = gettext_noop("The dates could be {format} or {other}: nothing in the file decides. Please check.")


def _between(
    con: duckdb.DuckDBPyConnection, winners: list[DateFormat], best: int, total: int, now: str
) -> Decision:
    jumps, futures = [], []
    for f in winners:
        row = con.execute(
            "SELECT coalesce(sum(abs(epoch(d) - epoch(before))), 0), count(*) FILTER (d > ?::TIMESTAMP) FROM"
            f" (SELECT d, lag(d) OVER (ORDER BY met) AS before FROM (SELECT met, {f.sql('v')} AS d FROM"
            f" dates_))",
            [now],
        ).fetchall()[0]
        jumps.append(row[0])
        futures.append(row[1])
    first, second = sorted(range(len(winners)), key=lambda n: (futures[n], jumps[n]))[:2]
    text, unsure = _GUESS, True
    if futures[first] < futures[second]:
        text, unsure = _FUTURE, False
    elif jumps[first] < 0.7 * jumps[second] and best > 2:
        text = _IN_ORDER
    else:
        first, second = 0, 1
    chosen, other = winners[first], winners[second]
    reason = Message(text, {"format": chosen.label, "other": other.label})
    return Decision(chosen.name, chosen.label, reason, best, total - best, ambiguous=unsure)


_CURRENCIES = "(?i)rmb|cny|usd|eur|gbp|hkd|jpy|us\\$|hk\\$|nt\\$|[¥$€£元]"
_PLAIN = (
    "regexp_replace(regexp_replace(translate({v}, '０１２３４５６７８９．，（）￥－−＋',"
    " '0123456789.,()¥--+'),"
    " '[\\s\\x{{00A0}}\\x{{202F}}'']', '', 'g'), '" + _CURRENCIES + "', '', 'g')"
)
_POINT = r"[0-9]+(\.[0-9]*)?|\.[0-9]+|[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3}(\.[0-9]*)?"
_COMMA = r"[0-9]+(,[0-9]*)?|,[0-9]+|[0-9]{1,3}(\.[0-9]{3})+(,[0-9]*)?"
STYLES = {"point": _POINT, "comma": _COMMA}
STYLE_LABELS = {"point": "1,234.50", "comma": "1.234,50"}


def _signed(pattern: str) -> str:
    return rf"[-+]?({pattern})|({pattern})-|\(({pattern})\)"


def _macros(style: str) -> str:
    """Two DuckDB macros: is it a number in this style, and the number."""
    plain = _PLAIN.format(v="v")
    pattern = _signed(STYLES[style])
    digits = "replace(s, ',', '')" if style == "point" else "replace(replace(s, '.', ''), ',', '.')"
    number = f"try_cast(regexp_replace({digits}, '[-+()]', '', 'g') AS {NUMBER})"
    negative = "(starts_with(s, '-') OR ends_with(s, '-') OR starts_with(s, '('))"
    slow = (
        f"list_transform([{plain}], lambda s: CASE WHEN regexp_full_match(s, '{pattern}')"
        f" THEN CASE WHEN {negative} THEN -{number} ELSE {number} END END)[1]"
    )
    fast = f"coalesce(try_cast(v AS {NUMBER}), {slow})" if style == "point" else slow
    return f"CREATE OR REPLACE MACRO number_{style}(v) AS {fast}"


def install(con: duckdb.DuckDBPyConnection) -> None:
    """Define the macros that ``number_sql`` calls."""
    for style in STYLES:
        con.execute(_macros(style))


def number_sql(style: str, value: str) -> str:
    return f"number_{style}({value})"


_POINTS = gettext_noop("Amounts are written {format}.")
_STYLE_GUESS = gettext_noop("Amounts could be written {format} or {other}: nothing decides. Please check.")


def decide_numbers(con: duckdb.DuckDBPyConnection, table: str, column: str) -> Decision:
    """Whether the point or the comma begins the decimals, by which reads more of the distinct values."""
    row = con.execute(
        f"SELECT count(*), count(number_point(v)), count(number_comma(v)), count(*) FILTER (v LIKE '%,%' OR"
        f" v LIKE '%.%')"
        f" FROM (SELECT DISTINCT {column} AS v FROM {table}) WHERE v IS NOT NULL"
    ).fetchall()[0]
    total, point, comma, marked = row
    chosen, other = ("comma", "point") if comma > point else ("point", "comma")
    unsure = bool(marked) and point == comma
    values = {"format": STYLE_LABELS[chosen], "other": STYLE_LABELS[other]}
    best = max(point, comma)
    text = _STYLE_GUESS if unsure else _POINTS
    return Decision(chosen, STYLE_LABELS[chosen], Message(text, values), best, total - best, ambiguous=unsure)
