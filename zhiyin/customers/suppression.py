"""By what an erased person is known again: a number, an address, an account, a code."""

import datetime
from collections.abc import Iterable, Mapping

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from zhiyin.customers.contact_keys import loose_key
from zhiyin.customers.keys import code_key
from zhiyin.platform import crypto
from zhiyin.platform.crypto import Known
from zhiyin.platform.errors import Conflict

CODE = "code"


class Suppressed(Conflict):
    """Somebody who was erased would be entered again."""


def require_unsuppressed(kind: str, key: str, *, field: str) -> None:
    """Raise ``Suppressed`` for what belonged to a person who was erased. One statement where nobody ever was."""
    found = crypto.suppressed([Known(kind, key)])
    if found:
        raise Suppressed(told(found), field=field)


def told(found: Mapping[Known, datetime.datetime]) -> str:
    since = min(found.values())
    return _(
        "This belongs to a person who was erased on %s and is not to be contacted. If the person comes back of his own"
        " accord, lift the block on the page of erasures first."
    ) % date_format(since)


def known_as(kind: str, value: str, region: str | None) -> Known:
    """What somebody wrote, as it would be known again."""
    key = code_key(value) if kind == CODE else loose_key(kind, region)(" ".join(value.split()))
    return Known(kind, key)


def known_by(points: Iterable[tuple[str, str]], codes: Iterable[str]) -> list[Known]:
    """What is suppressed with a person: ``points`` are kind and key of contact points, ``codes`` keys of codes."""
    return [*(Known(*point) for point in points), *(Known(CODE, code) for code in codes)]
