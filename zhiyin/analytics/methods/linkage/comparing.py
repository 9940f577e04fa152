"""How two records are compared, field by field: levels of agreement from the strongest to none, in SQL for Splink."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

BITS = 3
"""Of a pattern's number, for each field: 0 nothing to compare, 1 no agreement, up to 7 for the strongest."""


@dataclass(frozen=True)
class Level:
    """One degree of agreement: its name, what it means in words, and when it holds.

    With ``rarity`` the value of that column says how telling the agreement is: a rare surname more than 王.
    """

    code: str
    words: str
    sql: str
    rarity: str | None = None


DIFFERENT = Level("different", "different", "ELSE")


@dataclass(frozen=True)
class Comparison:
    """One field; ``kind`` says who else may share it (see `mixture.SHARED`)."""

    field: str
    columns: tuple[str, ...]
    nothing: str
    levels: tuple[Level, ...]
    kind: str = "place"

    def to_splink(self) -> dict[str, Any]:
        """The dictionary of settings.

        The weight that Splink gives a level is minus its value less one, 0 where there is nothing to compare: so
        the weights of a pair tell its pattern, and those for rarity are of the value alone. Probabilities are
        the business of `mixture`.
        """
        levels = [
            self._splink_level(level, len(self.levels) - place) for place, level in enumerate(self.levels)
        ]
        return {
            "output_column_name": self.field,
            "comparison_levels": [
                {
                    "sql_condition": self.nothing,
                    "label_for_charts": "nothing to compare",
                    "is_null_level": True,
                },
                *levels,
                self._splink_level(DIFFERENT, 0),
            ],
        }

    @staticmethod
    def _splink_level(level: Level, value: int) -> dict[str, Any]:
        known = {
            "sql_condition": level.sql,
            "label_for_charts": level.words,
            "m_probability": 2.0 ** -(value + 1),
            "u_probability": 1.0,
        }
        if not level.rarity:
            return known
        return known | {
            "tf_adjustment_column": level.rarity,
            "tf_adjustment_weight": 1.0,
            "disable_tf_exact_match_detection": True,
        }

    @property
    def rarity_values(self) -> list[int]:
        """The values of the levels that rarity weighs."""
        return [len(self.levels) - place for place, level in enumerate(self.levels) if level.rarity]

    def level(self, value: int) -> Level:
        """The level of a comparison vector's value: the highest is the strongest; 0 is no agreement."""
        return self.levels[len(self.levels) - value] if value > 0 else DIFFERENT


def comparisons(columns: Collection[str]) -> list[Comparison]:
    """Those for which the prepared table has columns."""
    found = [
        *_names(columns), _contact("phone", "a number"), _contact("email", "an address"),
        _BIRTHDAY, _number("id_number"), _number("code"), *_addresses(columns),
    ]  # fmt: skip
    return [one for one in found if set(one.columns) <= set(columns)]


def _null(*columns: str) -> str:
    return " OR ".join(f"{column}_l IS NULL OR {column}_r IS NULL" for column in columns)


def _same(column: str) -> str:
    return f"{column}_l = {column}_r"


def _crossed(one: str, other: str) -> str:
    return f"{one}_l = {other}_r AND {other}_l = {one}_r"


def _edits(column: str, most: int, *, length: int = 2) -> str:
    """At most so many edits, neighbours swapped counting as one; Jaro's similarity, quicker, rules most pairs out."""
    gate = 0.6 if length < 4 else 0.7
    return (
        f"least(length({column}_l), length({column}_r)) >= {length}"
        f" AND abs(length({column}_l) - length({column}_r)) <= {most}"
        f" AND jaro_similarity({column}_l, {column}_r) >= {gate}"
        f" AND damerau_levenshtein({column}_l, {column}_r) <= {most}"
    )


def _alike(column: str, least: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {least}"


def _names(columns: Collection[str]) -> list[Comparison]:
    both = {"surname", "given"} <= set(columns)
    # by sound only where one of them is in Latin letters: 陈芳 is not 方晨
    written = "given_l = surname_r OR given_l = given_py_l OR given_r = given_py_r"
    swapped = (
        [
            Level(
                "swapped",
                "surname and given name swapped",
                f"{_crossed('given_py', 'surname_py')} AND ({written})",
            )
        ]
        if both
        else []
    )
    alone = "given_py_l = whole_py_r OR whole_py_l = given_py_r"
    given = Comparison(
        "given_name", ("given",), _null("given"),
        (
            Level("same", "same", _same("given"), "given"),
            Level("homophone", "sounds the same", _same("given_py"), "given_py"),
            *swapped,
            *([Level("alone", "same, written without the surname", alone)] if both else []),
            Level("near", "differs by a letter", f"{_edits('given_py', 1, length=4)} OR {_alike('given_py', 0.92)}"),
            Level("alike", "similar", f"{_alike('given_py', 0.8)} OR (least(length(given_py_l), length(given_py_r)) = 1"
                  " AND substr(given_py_l, 1, 1) = substr(given_py_r, 1, 1))"),
        ),
        kind="personal",
    )  # fmt: skip
    surname = Comparison(
        "surname", ("surname",), f"{_null('surname')} OR {alone}" if both else _null("surname"),
        (
            Level("same", "same", _same("surname"), "surname"),
            Level("homophone", "sounds the same", _same("surname_py"), "surname_py"),
            *swapped,
            Level("near", "differs by a letter", f"{_edits('surname_py', 1, length=4)} OR {_alike('surname_py', 0.92)}"),
            Level("alike", "similar", _alike("surname_py", 0.8)),
        ),
        kind="contact",
    )  # fmt: skip
    company = Comparison(
        "company_name", ("core",), _null("core"),
        (
            Level("same", "same but for legal form and place", _same("core"), "core"),
            Level("homophone", "sounds the same", _same("core_py"), "core_py"),
            Level("part", "one contains the other", "least(length(core_l), length(core_r)) >= 2"
                  " AND (contains(core_l, core_r) OR contains(core_r, core_l))"),
            Level("near", "similar", f"{_alike('core_py', 0.92)} OR {_edits('core_py', 2, length=8)}"),
        ),
        kind="personal",
    )  # fmt: skip
    return [given, surname, company]


def _contact(field: str, what: str) -> Comparison:
    """Of several only the first is compared by letter, which is quicker by far."""
    return Comparison(
        field, (field,), _null(field),
        (
            Level("own", f"{what} that few have", f"list_has_any({field}_few_l, {field}_few_r)"),
            Level("shared", f"{what} that several have", f"list_has_any({field}_l, {field}_r)"),
            Level("near", f"{what} that differs by one character", f"levenshtein({field}_1_l, {field}_1_r) <= 1"),
        ),
        kind="contact",
    )  # fmt: skip


_BIRTHDAY = Comparison(
    "birthday", ("birthday",), _null("birthday"),
    (
        Level("same", "same", _same("birthday"), "birthday"),
        Level("swapped", "day and month swapped",
              "birthday_l = substr(birthday_r, 1, 4) || substr(birthday_r, 7, 2) || substr(birthday_r, 5, 2)"),
        Level("near", "differs by a digit", _edits("birthday", 1, length=8)),
        Level("parts", "two of year, month and day are the same",
              " + ".join(f"(substr(birthday_l, {place}) = substr(birthday_r, {place}))::INT"
                         for place in ("1, 4", "5, 2", "7, 2")) + " = 2"),
    ),
    kind="personal",
)  # fmt: skip


def _number(field: str) -> Comparison:
    return Comparison(
        field, (field,), _null(field),
        (
            Level("same", "same", _same(field), field),
            Level("near", "differs by a character", _edits(field, 1, length=4)),
            Level("alike", "differs by two characters", _edits(field, 2, length=6)),
        ),
        kind="personal",
    )  # fmt: skip


def _addresses(columns: Collection[str]) -> list[Comparison]:
    found = [
        Comparison(
            "street_number", ("street_number",), _null("street_number"),
            (
                Level("same", "same", _same("street_number"), "street_number"),
                Level("near", "differs by a digit", _edits("street_number", 1, length=2)),
            ),
        ),
        Comparison(
            "house", ("house",), _null("house"),
            (
                Level("same", "same numbers", _same("house"), "house"),
                Level("part", "some of the numbers are the same",
                      "list_has_any(string_split(house_l, ' '), string_split(house_r, ' '))"),
            ),
        ),
    ]  # fmt: skip
    for line, other in (("address_1", "address_2"), ("address_2", "address_1")):
        two = {line, other} <= set(columns)
        similar = f"jaccard({line}_l, {line}_r) >= 0.8 OR {_alike(line, 0.8)}"
        contained = f"contains({line}_l, {line}_r) OR contains({line}_r, {line}_l)"
        found.append(
            Comparison(
                line, (line,), _null(line),
                (
                    Level("same", "same", _same(line), line),
                    *([Level("swapped", "lines swapped", f"{line}_l = {other}_r OR {other}_l = {line}_r")] if two else []),
                    Level("near", "differs by a few characters",
                          f"{contained} OR {_alike(line, 0.94)}"),
                    Level("alike", "similar", similar),
                ),
            )
        )  # fmt: skip
    for field in ("city", "postcode", "province"):
        found.append(
            Comparison(
                field, (field,), _null(field),
                (
                    Level("same", "same", _same(field), field),
                    Level("near", "differs by a character", f"{_edits(field, 1, length=3)} OR {_alike(field, 0.92)}"),
                ),
            )
        )  # fmt: skip
    return found
