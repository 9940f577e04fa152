"""Rates of exchange, as the company sets them."""

import datetime
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from zhiyin.accounts.models import Tenant
from zhiyin.commerce.events import ExchangeRatesChanged
from zhiyin.commerce.models import ExchangeRate
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, NotFound
from zhiyin.platform.record import record

MOST, PLACES, LARGEST = 2000, Decimal("0.00000001"), Decimal(10) ** 10


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of ``currency`` is worth ``rate`` of the company's from a day on."""

    currency: str
    day: datetime.date
    rate: Decimal


def read_rates(text: str) -> list[Rate]:
    """Rates from lines such as ``EUR 2026-11-20 7.81``. Raises ``Invalid`` with the line that cannot be read."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        parts = re.split(r"[\s,;]+", line.strip())
        if parts == [""]:
            continue
        try:
            currency, day, rate = parts
            found.append(Rate(currency.upper(), datetime.date.fromisoformat(day), Decimal(rate)))
        except (ValueError, InvalidOperation) as error:
            told = _("Line %d is not written like “EUR 2026-11-20 7.81”.")
            raise Invalid(told % number, field="rates") from error
    return found


def set_rates(*, actor: Actor, rates: Sequence[Rate], now: datetime.datetime) -> int:
    """Write rates down, over those of the same day; how many are new or different. All, or with ``Invalid`` none."""
    actor.require("settings.manage")
    own = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    wanted = {(each.currency, each.day): _checked(each, own) for each in rates}
    if not 0 < len(wanted) <= MOST:
        raise Invalid(_("Give 1 to %d rates.") % MOST, field="rates")
    known = {
        (each.currency, each.day): each.rate
        for each in ExchangeRate.objects.filter(currency__in={currency for currency, _day in wanted})
    }
    changed = {key: rate for key, rate in wanted.items() if known.get(key) != rate}
    ExchangeRate.objects.bulk_create(
        [
            ExchangeRate(currency=currency, day=day, rate=rate)
            for (currency, day), rate in sorted(changed.items())
        ],
        update_conflicts=True,
        unique_fields=["tenant_id", "currency", "day"],
        update_fields=["rate"],
    )
    _tell(actor, {key: [known.get(key), rate] for key, rate in changed.items()}, now)
    return len(changed)


def remove_rate(*, actor: Actor, rate_id: uuid.UUID, now: datetime.datetime) -> Rate:
    """Take one away; the one before it holds then. Gives what it was. Raises ``NotFound``."""
    actor.require("settings.manage")
    found = ExchangeRate.objects.select_for_update().filter(pk=rate_id).first()
    if found is None:
        raise NotFound
    found.delete()
    _tell(actor, {(found.currency, found.day): [found.rate, None]}, now)
    return Rate(found.currency, found.day, found.rate)


def _checked(each: Rate, own: str) -> Decimal:
    if not re.fullmatch("[A-Z]{3}", each.currency):
        raise Invalid(_("A currency is three letters, such as EUR."), field="currency")
    if each.currency == own:
        raise Invalid(_("%s is the company's own currency.") % own, field="currency")
    if not each.rate.is_finite() or not 0 < each.rate < LARGEST:
        raise Invalid(_("A rate is a number above zero."), field="rate")
    rounded = each.rate.quantize(PLACES)
    if rounded != each.rate:
        raise Invalid(_("A rate has at most eight decimal places."), field="rate")
    return rounded


def _tell(
    actor: Actor,
    changes: dict[tuple[str, datetime.date], list[Decimal | None]],
    now: datetime.datetime,
) -> None:
    if changes:
        record(
            ExchangeRatesChanged(sorted({currency for currency, _day in changes})),
            actor=actor,
            now=now,
            subject=("exchange_rates", actor.tenant_id),
            changes={
                f"{currency} {day}": [old and str(old), new and str(new)]
                for (currency, day), (old, new) in sorted(changes.items())
            },
        )
