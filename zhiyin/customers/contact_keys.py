"""What is written of a contact point, checked by its kind, and the key by which two writings are the same one."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.choices import ContactKind
from zhiyin.customers.keys import phone_key
from zhiyin.platform.errors import Invalid
from zhiyin.platform.pinyin import normalise

LONGEST = 400
# by which the search box finds a customer: all but addresses, whose words would be most of the index
SEARCHED = frozenset(ContactKind) - {ContactKind.ADDRESS}


@dataclass(frozen=True, slots=True)
class _Form:
    """The form of an account's name at a service, and what is said of what has another."""

    pattern: str
    message: str | Promise
    sites: tuple[str, ...] = ()


_FORMS = {
    ContactKind.WECHAT: _Form(
        r"[A-Za-z][\w-]{5,19}",
        _("A WeChat ID begins with a letter and has 6 to 20 letters, digits, - and _."),
    ),
    ContactKind.OPENID: _Form(
        r"[\w-]{20,64}", _("An OpenID is one word of letters, digits, - and _, mostly 28 characters long.")
    ),
    ContactKind.UNIONID: _Form(
        r"[\w-]{20,64}", _("A UnionID is one word of letters, digits, - and _, mostly 28 characters long.")
    ),
    ContactKind.WECOM: _Form(
        r"w[mo][\w-]{10,62}",
        _("An external ID of WeCom begins with wm or wo and is mostly 32 characters long."),
    ),
    ContactKind.QQ: _Form(r"[1-9]\d{4,11}", _("A QQ number has 5 to 12 digits.")),
    ContactKind.WEIBO: _Form(
        r"[\w·-]{2,30}",
        _("Write the name or number of a Weibo account, or the address of its page."),
        ("weibo.com", "weibo.cn"),
    ),
    ContactKind.DOUYIN: _Form(
        r"[\w.-]{2,100}",
        _("Write a Douyin ID, or the address of its page."),
        ("douyin.com", "iesdouyin.com"),
    ),
}
_NON_ASCII_ALLOWED = frozenset({ContactKind.WEIBO})


ACCOUNTS = {kind: form.pattern for kind, form in _FORMS.items() if kind not in _NON_ASCII_ALLOWED}
"""The forms of names at services by which a whole column can be looked through."""


def checked(kind: ContactKind, written: str, region: str | None) -> tuple[str, str]:
    """What is kept of it and its key, of anything but addresses. Raises ``Invalid`` that says what is asked for."""
    if kind == ContactKind.PHONE:
        return written, _phone(written, region)
    if kind == ContactKind.EMAIL:
        return written, _email(written)
    value = _account(kind, written)
    return value, value.casefold()


def loose_key(kind: str, region: str | None) -> Callable[[str], str]:
    """The key of each text of a file, where what cannot be read is kept as it is written."""

    def key(text: str) -> str:
        if kind == ContactKind.PHONE:
            return phone_key(text, region) or normalise(text)
        if kind == ContactKind.ADDRESS:
            return normalise(text)
        try:
            return checked(ContactKind(kind), text, region)[1]
        except Invalid:
            return text.casefold()

    return lambda text: key(text)[:LONGEST]


def _phone(written: str, region: str | None) -> str:
    key = phone_key(written, region)
    if key is None:
        raise Invalid(
            _("This is not a telephone number. Foreign ones begin with + and the country's code."),
            field="value",
        )
    return key


def _email(written: str) -> str:
    try:
        validate_email(written)
    except ValidationError as error:
        raise Invalid(_("This is not an e-mail address."), field="value") from error
    return written.casefold()[:LONGEST]


def _account(kind: ContactKind, written: str) -> str:
    form = _FORMS[kind]
    value = _of_page(written, form.sites).removeprefix("@")
    flags = 0 if kind in _NON_ASCII_ALLOWED else re.ASCII
    if not re.fullmatch(form.pattern, value, flags):
        raise Invalid(form.message, field="value")
    return value


def _of_page(written: str, sites: tuple[str, ...]) -> str:
    """The account in the address of its page, such as ``https://weibo.com/u/1234567890``."""
    if not written.startswith(("http://", "https://")):
        return written
    address = urlsplit(written)
    if not any(f".{address.hostname}".endswith(f".{site}") for site in sites):
        return written
    return unquote(address.path.strip("/").rpartition("/")[2])
