"""A session in words: which browser, on what, from where."""

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.utils.translation import gettext as _

# the first that occurs counts: many browsers also name those they descend from
BROWSERS = [
    ("MicroMessenger", "WeChat"), ("Edg", "Edge"), ("OPR", "Opera"), ("HuaweiBrowser", "Huawei Browser"),
    ("UCBrowser", "UC Browser"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"),
]  # fmt: skip
SYSTEMS = [
    ("HarmonyOS", "HarmonyOS"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"),
    ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"),
]  # fmt: skip
PHONES = {"iPhone", "Android", "HarmonyOS"}


@dataclass(frozen=True, slots=True)
class Device:
    number: int
    name: str
    icon: str
    address: str
    seen: datetime
    since: datetime
    current: bool


def described(session: UserSession, current_key: str | None) -> Device:
    """One open session as a page shows it."""
    browser = _first(BROWSERS, session.user_agent)
    system = _first(SYSTEMS, session.user_agent)
    name = browser or system or _("Unknown browser")
    if browser and system:
        name = _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    icon = "device-mobile" if system in PHONES else "device-desktop"
    return Device(
        session.pk,
        name,
        icon,
        session.ip,
        session.last_seen_at,
        session.created_at,
        session.session_key == current_key,
    )


def _first(names: list[tuple[str, str]], text: str) -> str:
    return next((name for mark, name in names if mark in text), "")
