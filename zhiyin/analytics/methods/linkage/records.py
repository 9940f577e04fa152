"""Customer records made comparable: a column for each thing that is compared, and the keys that bring rows together."""

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.analytics.methods.linkage import names

ROLES = (
    "name", "given_name", "surname", "phone", "email", "birthday", "id_number", "code",
    "street_number", "address", "city", "postcode", "province",
)  # fmt: skip
"""What a column may mean. Several columns may be phones, e-mails or lines of an address."""
SEVERAL = frozenset({"phone", "email", "address"})

_CHINESE_MOBILE = re.compile(r"^(?:\+?86|0086)?(1[3-9]\d{9})$")
_SEPARATORS = re.compile(r"[;,/、；，\n|]+")
_DATE = re.compile(r"^(\d{4})\D?(\d{1,2})\D(\d{1,2})\D*$")
_DAY_FIRST = re.compile(r"^(\d{1,2})\D(\d{1,2})\D(\d{4})$")
_NOTHING = frozenset({"", "null", "none", "nan", "n/a", "na", "无", "未知", "-", "--"})

Texts = Sequence[str | None]


def prepare(table: pa.Table, roles: Mapping[str, Sequence[str]], *, region: str = "CN") -> pa.Table:
    """The table that is compared: ``row`` (int64, from 0) and what each role gives.

    Parameters
    ----------
    table
        A row per record; cells are read as text.
    roles
        The columns of each role (see `ROLES`).
    region
        ISO 3166 code of the country whose telephone numbers are written without their country code.

    Raises
    ------
    ValueError
        An unknown role, a role with more columns than it can have, or no role that tells people apart.
    """
    _check(roles)
    columns: dict[str, pa.Array] = {"row": pa.array(np.arange(table.num_rows, dtype=np.int64))}
    one = {
        role: _texts(table[found[0]])
        for role, found in roles.items()
        if found and role not in SEVERAL and role != "name"
    }
    columns |= _name_columns(table, roles, one)
    for role, clean in (("phone", _phones(region)), ("email", _emails)):
        if roles.get(role):
            columns[role] = _lists(table, roles[role], clean)
    if "birthday" in one:
        columns["birthday"] = _map(one["birthday"], _birthday)
    for role in ("id_number", "code", "street_number", "postcode"):
        if role in one:
            columns[role] = _map(one[role], _symbols)
    for role in ("city", "province"):
        if role in one:
            columns[role] = _map(one[role], _place)
    lines = roles.get("address", ())
    for number, line in enumerate(lines[:2], 1):
        columns[f"address_{number}"] = _map(_texts(table[line]), _address)
    if lines and "street_number" not in one:
        columns["house"] = _map(columns["address_1"], _numbers)
    return pa.table(columns)


def _check(roles: Mapping[str, Sequence[str]]) -> None:
    unknown = [role for role in roles if role not in ROLES]
    if unknown:
        raise ValueError(f"There is no role {', '.join(unknown)}; there are {', '.join(ROLES)}.")
    for role, found in roles.items():
        most = 2 if role == "address" else 9 if role in SEVERAL else 1
        if len(found) > most:
            raise ValueError(f"{role} can be {most} columns at most, not {', '.join(found)}.")
    telling = {"name", "given_name", "surname", "phone", "email", "id_number", "code", "birthday"}
    if not any(found for role, found in roles.items() if role in telling):
        raise ValueError(
            "No column tells people apart: name at least one of them (name, phone, e-mail, birthday, ID number)."
        )


def _texts(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array if pa.types.is_string(array.type) else array.cast(pa.string())


def _map(column: pa.Array, clean: Callable[[str], str | None]) -> pa.Array:
    """Each distinct text once."""
    coded = column.dictionary_encode()
    known = pa.array(
        [None if text is None or text.strip().casefold() in _NOTHING else clean(text) or None
         for text in coded.dictionary.to_pylist()], pa.string(),
    )  # fmt: skip
    return known.take(coded.indices)


def _lists(table: pa.Table, columns: Sequence[str], clean: Callable[[str], str | None]) -> pa.Array:
    """All values of some columns, each cell split where it holds several; a row without any is null."""
    found: list[list[str] | None] = []
    cells = [_map(_texts(table[name]), lambda text: _several(text, clean)).to_pylist() for name in columns]
    for row in zip(*cells, strict=True):
        values = dict.fromkeys(value for cell in row if cell for value in cell.split("\n"))
        found.append(sorted(values) or None)
    return pa.array(found, pa.list_(pa.string()))


def _several(text: str, clean: Callable[[str], str | None]) -> str | None:
    return "\n".join(value for part in _SEPARATORS.split(text) if (value := clean(part.strip()))) or None


def _phones(region: str) -> Callable[[str], str | None]:
    import phonenumbers

    def clean(text: str) -> str | None:
        digits = re.sub(r"[\s().·-]", "", text)
        if region == "CN" and (mobile := _CHINESE_MOBILE.match(digits)):
            return f"+86{mobile[1]}"
        try:
            number = phonenumbers.parse(names.normalise(text), region)
        except phonenumbers.NumberParseException:
            return None
        if not phonenumbers.is_possible_number(number):
            return None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    return clean


def _emails(text: str) -> str | None:
    mail = names.normalise(text).replace(" ", "")
    return mail if re.fullmatch(r"[^@]+@[^@]+\.[^@]+", mail) else None


def _birthday(text: str) -> str | None:
    """Eight digits, year first; a date that cannot be is kept, as its digits may still agree."""
    digits = re.sub(r"[ T].*$", "", text.strip())
    if found := _DATE.match(digits):
        return f"{found[1]}{int(found[2]):02d}{int(found[3]):02d}"
    if found := _DAY_FIRST.match(digits):
        return f"{found[3]}{int(found[2]):02d}{int(found[1]):02d}"
    digits = re.sub(r"\D", "", digits)
    return digits if len(digits) == 8 else None


def _symbols(text: str) -> str | None:
    return re.sub(r"[\W_]", "", names.normalise(text)) or None


def _place(text: str) -> str | None:
    plain = names.normalise(text).replace(" ", "")
    return plain[:-1] if len(plain) > 2 and plain[-1] in "市省" else plain


def _address(text: str) -> str | None:
    plain = names.normalise(text)
    if plain.isascii():
        return re.sub(r"[^\w ]", "", plain) or None
    return re.sub(r"[\W_]", "", plain) or None


def _numbers(text: str) -> str | None:
    return " ".join(re.findall(r"\d+", text)) or None


# --- names -----------------------------------------------------------------------------------------


def _name_columns(
    table: pa.Table, roles: Mapping[str, Sequence[str]], one: Mapping[str, pa.Array]
) -> dict[str, pa.Array]:
    """Surname and given name with pinyin, the whole as pinyin, the core of a company's name."""
    parts: dict[str, list[str | None]] = {}
    columns: dict[str, pa.Array] = {}
    if roles.get("name"):
        coded = _texts(table[roles["name"][0]]).dictionary_encode()
        apart = _surname_last([_apart(text) for text in coded.dictionary.to_pylist()])
        for part in ("surname", "given", "core"):
            parts[part] = [getattr(name, part) for name in apart]
            columns[part] = pa.array(parts[part], pa.string()).take(coded.indices)
        if all(core is None for core in parts["core"]):
            del columns["core"]
        if all(given is None for given in parts["given"]):
            del columns["given"], columns["surname"]
    if "surname" in one:
        columns["surname"] = _map(one["surname"], _name)
    if "given_name" in one:
        columns["given"] = _map(one["given_name"], _name)
    for part in ("surname", "given", "core"):
        if part in columns:
            columns[f"{part}_py"] = _map(columns[part], names.pinyin)
    if "given" in columns and "surname" in columns:
        columns["whole"] = pc.binary_join_element_wise(columns["surname"], columns["given"], "")
        columns["whole_py"] = pc.binary_join_element_wise(columns["surname_py"], columns["given_py"], "")
    return columns


def _surname_last(apart: list[names.Name]) -> list[names.Name]:
    """Wang Xiaoming as 王小明 is taken apart, where the file's Chinese names have a Wang and no Xiaoming."""
    chinese = {names.pinyin(name.surname) for name in apart if name.surname and not name.surname.isascii()}
    return [
        names.Name(surname=name.given, given=name.surname)
        if name.surname and name.given in chinese and name.surname not in chinese
        else name
        for name in apart
    ]


def _apart(text: str | None) -> names.Name:
    if text is None or text.strip().casefold() in _NOTHING:
        return names.Name()
    return names.take_apart(names.normalise(text))


def _name(text: str) -> str | None:
    return names.normalise(text).replace(" ", "") or None
