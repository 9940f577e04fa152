"""What somebody saw, so that of two people who change one thing the second is told."""

import hashlib
import json
from decimal import Decimal
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from zhiyin.platform.errors import Conflict


def version_of(*values: Any) -> str:
    """A short mark of values, the same for equal ones."""
    text = json.dumps(values, default=_plain, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def require_seen(seen: str | None, present: str, shown: str) -> None:
    """Raise ``Conflict`` that says what it is now, when ``seen`` is no longer the present version.

    ``None`` asks for nothing: whoever gives no version wants his change whatever was there.
    """
    if seen is not None and seen != present:
        message = _(
            "Somebody changed this meanwhile; it is “%s” now. Look at it again and repeat your change."
        )
        raise Conflict(message % Truncator(shown).chars(200))


def _plain(value: Any) -> str:
    return str(value.normalize()) if isinstance(value, Decimal) else str(value)
