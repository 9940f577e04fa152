"""Amounts as the columns hold them: Decimal with four places, never a float."""

import decimal
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from zhiyin.platform.errors import Invalid

PLACES = Decimal("0.0001")
LARGEST = Decimal(10) ** 15


def checked_amount(value: Any, field: str) -> Decimal:
    """A finite number with at most four places that fits its column. Raises ``Invalid``."""
    try:
        amount = Decimal(str(value))
        kept = rounded(amount)
    except (decimal.InvalidOperation, ValueError) as error:
        raise Invalid(_("This is not a number that can be kept."), field=field) from error
    if not amount.is_finite() or abs(kept) >= LARGEST:
        raise Invalid(_("This is not a number that can be kept."), field=field)
    if kept != amount:
        raise Invalid(_("This has more than four decimal places."), field=field)
    return kept


def rounded(amount: Decimal) -> Decimal:
    """Four places, half away from zero, as people reckon."""
    return amount.quantize(PLACES, rounding=decimal.ROUND_HALF_UP)


def checked_text(value: Any, longest: int, field: str) -> str:
    """One line of text that fits its column. Raises ``Invalid``."""
    text = " ".join(str(value or "").split())
    if "\0" in text:
        raise Invalid(field=field)
    if len(text) > longest:
        raise Invalid(_("This is longer than %d characters.") % longest, field=field)
    return text
