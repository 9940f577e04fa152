"""Fields whose values lie encrypted: ID number, bank account, and what a company marks as such.

They are in no list, export, filter or history as other fields are; a page shows a mask.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access
from zhiyin.customers.choices import MARKABLE, FieldAccess
from zhiyin.customers.fields import values
from zhiyin.customers.fields.masks import STARS, mask
from zhiyin.customers.fields.registry import PREFIX
from zhiyin.customers.models import CustomField
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.text import checked

LONGEST = 200
# GB 11643-1999: the weights of an ID number's first 17 digits, and what their sum modulo 11 says of the last
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_RESIDENT = re.compile(r"\d{13,19}[\dX]?")
_PASSPORT = re.compile(r"[A-Z0-9]{5,20}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_UNIONPAY = re.compile(r"62\d{14,17}")


@dataclass(frozen=True, slots=True)
class Sensitive:
    """One of them. ``read`` checks what somebody gave; ``mask`` tells as much as may be seen by passing eyes."""

    name: str
    label: str | Promise
    read: Callable[[str], str]
    mask: Callable[[str], str]
    access: FieldAccess = FieldAccess.OPEN
    kind: str = ""

    @property
    def editable(self) -> bool:
        return self.access == FieldAccess.OPEN

    @property
    def revealable(self) -> bool:
        """Whether the role may learn it whole; further it takes the permission."""
        return self.access in (FieldAccess.OPEN, FieldAccess.READ_ONLY)


def _plain(value: str) -> str:
    return re.sub(r"[\s.-]", "", value).upper()


def read_id_number(value: str) -> str:
    """A resident ID number with its day of birth and check digit, or another document's number, as it is."""
    plain = _plain(value)
    if _RESIDENT.fullmatch(plain):
        if len(plain) != 18 or not _is_day(plain[6:14]) or _check_digit(plain) != plain[-1]:
            raise Invalid(_("This is no valid resident ID number: compare it digit by digit."))
    elif not _PASSPORT.fullmatch(plain):
        raise Invalid(_("An ID number has 5 to 20 letters and digits."))
    return plain


def _check_digit(number: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return _CHECKS[total % 11]


def _is_day(text: str) -> bool:
    try:
        day = datetime.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return day >= datetime.date(1850, 1, 1)


def read_bank_account(value: str) -> str:
    """A card or account number, or an IBAN; where the number checks itself, that is asked for."""
    plain = _plain(value)
    if _IBAN.fullmatch(plain):
        turned = "".join(str(int(each, 36)) for each in plain[4:] + plain[:4])
        if int(turned) % 97 != 1:
            raise Invalid(_("This is no valid IBAN: compare it character by character."))
    elif not re.fullmatch(r"\d{6,30}", plain):
        raise Invalid(_("A bank account has 6 to 30 digits, or is an IBAN."))
    elif _UNIONPAY.fullmatch(plain) and not _luhn(plain):
        raise Invalid(_("This is no valid card number: compare it digit by digit."))
    return plain


def _luhn(number: str) -> bool:
    digits = [int(each) for each in reversed(number)]
    return (sum(digits[::2]) + sum(sum(divmod(2 * each, 10)) for each in digits[1::2])) % 10 == 0


def mask_bank_account(value: str) -> str:
    """``6222 **** **** 1234``; of a short one nothing but stars."""
    return f"{value[:4]} **** **** {value[-4:]}" if len(value) >= 12 else STARS


def mask_id_number(value: str) -> str:
    """``1101**********002X`` of a resident ID number, ``E12***`` of another."""
    return str(mask("id_number", value)) if _RESIDENT.fullmatch(value) else value[:2] + STARS


BUILT_IN = (
    Sensitive("id_number", _("ID number"), read_id_number, mask_id_number),
    Sensitive("bank_account", _("Bank account"), read_bank_account, mask_bank_account),
)


def _own(field: CustomField) -> Sensitive:
    """A field of the company's own that it marked."""

    def read_own(value: str) -> str:
        return values.written(field, values.read(field, value))

    return Sensitive(PREFIX + field.key, field.label, read_own, _stars, kind=field.kind)


def may_be_marked(field: CustomField) -> bool:
    """Text and numbers that people write, and what is marked already."""
    return field.sensitive or (field.type in MARKABLE and not field.formula and not field.archived_at)


def _stars(_value: str) -> str:
    return STARS


def sensitive_fields(actor: Actor) -> list[Sensitive]:
    """Those that this actor's role sees, with how far. One SQL statement."""
    every = (*BUILT_IN, *map(_own, access.marked_fields(actor)))
    seen = (replace(each, access=access.field_access(actor, each.name)) for each in every)
    return [each for each in seen if each.access != FieldAccess.HIDDEN]


def exportable(actor: Actor) -> list[Sensitive]:
    """Those whose values this actor may have in a file."""
    may = actor.may("customers.sensitive")
    return [each for each in sensitive_fields(actor) if may and each.revealable]


def sensitive_field(actor: Actor, name: str) -> Sensitive:
    """One of them by name. Raises ``NotFound``, also for one out of sight."""
    for each in sensitive_fields(actor):
        if each.name == name:
            return each
    raise NotFound(_("There is no such field."))


def read_sensitive(field: Sensitive, given: str) -> str:
    """A value as it is encrypted; ``""`` of nothing. Raises ``Invalid`` with the field's name, never the value."""
    text = checked(" ".join(given.split()), field.name, LONGEST)
    try:
        return field.read(text) if text else ""
    except Invalid as error:
        raise Invalid(error.message, field=field.name) from None
