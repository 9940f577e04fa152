"""Which columns of a bare file tell who a customer is, recognised as imports recognise theirs."""

from collections.abc import Mapping, Sequence

from zhiyin.customers.columns import CODES, EMAILS, NAMES, PHONES
from zhiyin.imports.kinds import Field, FieldType
from zhiyin.imports.recognise import recognise_fields


def _field(name: str, *synonyms: str, type: FieldType = FieldType.TEXT) -> tuple[str, Field]:
    return name.split(":", maxsplit=1)[0], Field(name, name, type, synonyms)


_FIELDS = (
    _field("name", *NAMES),
    _field("given_name", "given name", "first name", "forename", "名", "名字"),
    _field("surname", "surname", "last name", "family name", "姓", "姓氏"),
    _field("phone", *PHONES, type=FieldType.PHONE),
    _field("phone:2", "phone 2", "other phone", "home phone", "work phone", "电话2", "固定电话", "座机", "备用电话",
           type=FieldType.PHONE),
    _field("email", *EMAILS, type=FieldType.EMAIL),
    _field("birthday", "date of birth", "birthday", "birth date", "dob", "生日", "出生日期", "出生年月日", type=FieldType.DATE),
    _field("id_number", "id number", "identity number", "id card", "soc sec id", "ssn", "social security number",
           "national id", "tax id", "身份证", "身份证号", "身份证号码", "证件号", "证件号码", "统一社会信用代码", "税号"),
    _field("code", *CODES),
    _field("street_number", "street number", "house number", "门牌号"),
    _field("address", "address", "address 1", "address line 1", "street", "street address", "地址", "收货地址",
           "详细地址", "通讯地址", "联系地址"),
    _field("address:2", "address 2", "address line 2", "地址2"),
    _field("city", "city", "town", "suburb", "城市", "市", "所在城市"),
    _field("postcode", "postcode", "postal code", "zip", "zip code", "zipcode", "邮编", "邮政编码"),
    _field("province", "province", "state", "region", "省", "省份", "所在省份"),
)  # fmt: skip
"""What is recognised; ``phone:2`` is a further column of a role. A date or number is a field only by its name."""

_NAMED_ONLY = 0.5


def recognised(samples: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The columns of each role, from some values of every column."""
    role_of = {field.name: role for role, field in _FIELDS}
    roles: dict[str, list[str]] = {}
    for name, guess in recognise_fields([field for _, field in _FIELDS], samples).items():
        if guess.confidence > _NAMED_ONLY or role_of[name] == "email":
            roles.setdefault(role_of[name], []).append(guess.column)
    return roles
