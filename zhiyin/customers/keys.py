"""What a customer is known and found by: code, telephone number, e-mail address, words of the search box."""

import datetime
import re
import secrets
import unicodedata
from collections.abc import Iterable

from zhiyin.platform import search

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
REGIONS = {
    "CNY": "CN", "HKD": "HK", "TWD": "TW", "MOP": "MO", "SGD": "SG", "JPY": "JP", "KRW": "KR", "USD": "US",
    "GBP": "GB", "EUR": "DE", "CHF": "CH", "AUD": "AU", "CAD": "CA", "INR": "IN", "THB": "TH", "MYR": "MY",
}  # fmt: skip


def code_key(code: str) -> str:
    """The code without blanks, case and width, by which two spellings are one customer."""
    return "".join(unicodedata.normalize("NFKC", code).casefold().split())[:64]


def new_code(now: datetime.datetime, prefix: str = "C") -> str:
    """A code for a customer that was given none, such as ``C261122-7KQ4M``, or for something else."""
    return f"{prefix}{now:%y%m%d}-{''.join(secrets.choice(_ALPHABET) for _ in range(5))}"


def phone_key(text: str, region: str | None) -> str | None:
    """A telephone number as E.164, ``None`` when it cannot be one.

    Length and country are checked, not whether the range is in use: numbering plans change faster than
    any table of them.
    """
    import phonenumbers

    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", text), region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_text(key: str, region: str | None) -> str:
    """An E.164 number as people write it, without the country code at home."""
    import phonenumbers

    number = phonenumbers.parse(key, None)
    at_home = phonenumbers.region_code_for_country_code(number.country_code or 0) == region
    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(number, style)


def search_text(*, name: str, short_name: str, code: str, contacts: Iterable[str]) -> str:
    """The text that the search box finds this customer by; ``contacts`` are keys of phones and e-mails."""
    return search.document(names=[name, short_name], keys=[code, *contacts])


def search_words(text: str) -> str:
    """What somebody typed, telephone numbers without their punctuation."""
    digits = re.sub(r"[\s()\-.]", "", text)
    if re.fullmatch(r"\+?\d{7,15}", digits):
        return digits.lstrip("+")
    return text
