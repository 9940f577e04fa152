"""Requests to addresses that people typed: to the public internet, or to networks that the operator names.

Where a connection may go is checked as its name is looked up for it, so that neither a redirect nor a name that changes
its address leads into the network that the program itself stands in.
"""

import ipaddress
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import niquests
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from niquests.packages.urllib3.contrib.resolver.system import SystemResolver

from zhiyin.platform.errors import Invalid

MOST_BYTES = 50_000_000
LONGEST_SECONDS = 60
_CHUNK = 65_536
_TRANSLATED = [ipaddress.ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")]


class Refused(OSError):
    """An address that must not be reached from here, or an answer that is too long."""


def checked_url(text: str, field: str) -> str:
    """An address as it is kept. Raises ``Invalid`` for one that is none, or that would send a password unprotected."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise Invalid(_("This is not an address."), field=field) from error
    if parts.scheme not in {"http", "https"} or not host or port == 0 or parts.username or len(text) > 500:
        raise Invalid(_("Enter an address that begins with https://."), field=field)
    if parts.scheme == "http" and not _is_named(host):
        raise Invalid(_("Enter an address that begins with https://."), field=field)
    return text


def may_reach(address: str) -> bool:
    """Whether an IP address is public, or in a network that the operator named."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if any(ip in network for network in _named()):
        return True
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _TRANSLATED)


def _named() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(network) for network in settings.OUTGOING_NETWORKS]


def _is_named(host: str) -> bool:
    """Whether a host stands only in networks that the operator named."""
    try:
        found = socket.getaddrinfo(host, None) if _named() else []
    except OSError:
        return False
    ips = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    return bool(ips) and all(any(ip in network for network in _named()) for ip in ips)


class _Resolver(SystemResolver):  # type: ignore[misc]  # it is found at run time only
    """Names and addresses as the system knows them, without those that must not be reached."""

    def getaddrinfo(self, host: Any, *args: Any, **more: Any) -> Any:
        found = super().getaddrinfo(host, *args, **more)
        if not all(may_reach(str(each[4][0])) for each in found):
            raise Refused(host)
        return found


class Session(niquests.Session):
    """What asks other servers: no proxy or password file of this machine, bounded in bytes and time."""

    def __init__(self) -> None:
        super().__init__(resolver=_Resolver(), disable_http3=True, revocation_configuration=None)
        self.trust_env = False
        self.max_redirects = 5

    def request(self, *args: Any, **more: Any) -> Any:
        ends = time.monotonic() + LONGEST_SECONDS
        answer = super().request(*args, **{**more, "stream": True})
        content = bytearray()
        for chunk in answer.iter_content(_CHUNK):
            content += chunk
            if len(content) > MOST_BYTES or time.monotonic() > ends:
                answer.close()
                raise Refused(answer.url)
        answer._content = bytes(content)
        return answer
