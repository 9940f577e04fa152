"""Limits on guessing passwords that nobody can use to lock somebody else out.

Failures are counted in buckets (after OWASP's "device cookies"):

- A browser in which a person has signed in before carries a signed cookie. From it only that device's own
  failures count, so no stranger anywhere can use up the owner's tries.
- From other browsers failures count per account and network (10 in 15 minutes), per network over all accounts
  (100 in 15 minutes), and per account over all networks (100 a day: the bound of NIST SP 800-63B, 5.2.2).
  Who is refused there can still sign in on a device used before, with a passkey, or through a link to set a
  new password, which makes the browser known.

Pages that strangers may post to count their requests per network the same way (``count_request``).

Each try is counted before the password is looked at and taken back when it was right: a hundred tries at the
same time get no more guesses than one after another. Unknown accounts are treated like known ones.
"""

import datetime
import secrets
from dataclasses import dataclass, field

from django.conf import settings
from django.core import signing
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import salted_hmac

from zhiyin.accounts.models import SignInAttempt
from zhiyin.accounts.network import client_address, network_of

COOKIE = "zhiyin_device"
_SALT = "zhiyin.accounts.device"
_COOKIE_AGE = 400 * 24 * 3600
_PEOPLE_PER_DEVICE = 10


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many failures within so long."""

    most: int
    within: datetime.timedelta


QUARTER, DAY = datetime.timedelta(minutes=15), datetime.timedelta(days=1)
DEVICE = (Limit(10, QUARTER), Limit(100, DAY))
PAIR = (Limit(10, QUARTER),)
NETWORK = (Limit(100, QUARTER),)
ACCOUNT = (Limit(100, DAY),)


class TooManyTries(Exception):  # named like domain errors
    """No guess was allowed; ``wait`` is how long until one may be."""

    def __init__(self, wait: datetime.timedelta) -> None:
        self.wait = wait
        super().__init__(str(wait))


@dataclass(slots=True)
class Try:
    """A counted try; ``succeeded`` takes it back."""

    cleared: list[str]
    rows: list[int] = field(default_factory=list)

    def succeeded(self) -> None:
        """Forget this try, and earlier failures of the same device or of the account from this network."""
        SignInAttempt.objects.filter(Q(pk__in=self.rows) | Q(bucket__in=self.cleared)).delete()


def begin(request: HttpRequest, email: str, now: datetime.datetime) -> Try:
    """Count a try at ``email``'s password; raises ``TooManyTries``."""
    buckets = _buckets(request, email)
    counted = Try(cleared=list(buckets)[:1])
    made = SignInAttempt.objects.bulk_create(SignInAttempt(bucket=name, tried_at=now) for name in buckets)
    counted.rows = [row.pk for row in made]
    wait = _wait(buckets, now)
    if wait is not None:
        # a refused try is not a guess: hammering does not lengthen the wait
        SignInAttempt.objects.filter(pk__in=counted.rows).delete()
        raise TooManyTries(wait)
    _forget_old(now)
    return counted


def count_request(request: HttpRequest, what: str, limits: tuple[Limit, ...], now: datetime.datetime) -> None:
    """Count one request of a stranger's network for ``what``; raises ``TooManyTries``."""
    buckets = {_hash("request", what, network_of(client_address(request))): limits}
    made = [SignInAttempt.objects.create(bucket=name, tried_at=now) for name in buckets]
    wait = _wait(buckets, now)
    if wait is not None:
        SignInAttempt.objects.filter(pk__in=[each.pk for each in made]).delete()
        raise TooManyTries(wait)
    _forget_old(now)


def remember(request: HttpRequest, response: HttpResponseBase, email: str) -> None:
    """Make this browser one of the devices that ``email`` has signed in on."""
    nonce, people = _cookie(request)
    person = _hash("person", email)
    people = [person, *(each for each in people if each != person)][:_PEOPLE_PER_DEVICE]
    response.set_cookie(
        COOKIE,
        signing.dumps([nonce or secrets.token_urlsafe(16), people], salt=_SALT),
        max_age=_COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _buckets(request: HttpRequest, email: str) -> dict[str, tuple[Limit, ...]]:
    """The buckets a try counts in, the one of its own place first."""
    nonce, people = _cookie(request)
    if nonce and _hash("person", email) in people:
        return {_hash("device", nonce, email): DEVICE}
    network = network_of(client_address(request))
    return {
        _hash("pair", email, network): PAIR,
        _hash("network", network): NETWORK,
        _hash("account", email): ACCOUNT,
    }


def _wait(buckets: dict[str, tuple[Limit, ...]], now: datetime.datetime) -> datetime.timedelta | None:
    waits = []
    for name, limits in buckets.items():
        for limit in limits:
            within = SignInAttempt.objects.filter(bucket=name, tried_at__gt=now - limit.within)
            if within.aggregate(count=Count("id"))["count"] > limit.most:
                oldest = within.order_by("tried_at").values_list("tried_at", flat=True)[0]
                waits.append(oldest + limit.within - now)
    return max(waits, default=None)


def _forget_old(now: datetime.datetime) -> None:
    if secrets.randbelow(200) == 0:
        SignInAttempt.objects.filter(tried_at__lt=now - DAY).delete()


def _cookie(request: HttpRequest) -> tuple[str, list[str]]:
    try:
        nonce, people = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=_COOKIE_AGE)
    except (signing.BadSignature, ValueError):
        return "", []
    return nonce, people


def _hash(*parts: str) -> str:
    text = "\0".join(part.strip().casefold() for part in parts)
    return salted_hmac("zhiyin.accounts.throttle", text, algorithm="sha256").hexdigest()
