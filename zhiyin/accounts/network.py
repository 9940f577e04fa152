"""Where a request comes from, past the proxies that are trusted to say so."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "0.0.0.0"  # noqa: S104  # a Unix socket has no address


def client_address(request: HttpRequest) -> str:
    """The nearest address that is not one of ``ZHIYIN_TRUSTED_PROXIES``.

    ``X-Forwarded-For`` is read from its end, which our own proxy wrote; what a stranger put before it is
    ignored.
    """
    trusted = [ipaddress.ip_network(network) for network in settings.TRUSTED_PROXIES]
    address = _parsed(request.META.get("REMOTE_ADDR", ""))
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    while address is not None and hops and any(address in network for network in trusted):
        before = _parsed(hops.pop().strip())
        if before is None:
            break
        address = before
    return str(address) if address else UNKNOWN


def network_of(address: str) -> str:
    """The network a client may change addresses in at will: /24 of IPv4, /64 of IPv6."""
    bits = 24 if ipaddress.ip_address(address).version == 4 else 64
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False))


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address
