"""The permissions that exist, registered by each app when it loads."""

from django.utils.functional import Promise

_registered: dict[str, str | Promise] = {}
_needed: dict[str, set[str]] = {}


def register(code: str, label: str | Promise) -> None:
    """Make ``code`` known, with a label for the page where roles are edited."""
    _registered[code] = label


def needs_one(code: str, other: str) -> None:
    """Make ``code`` worth something only beside ``other``, or beside another named for it in this way."""
    _needed.setdefault(code, set()).add(other)


def usable(codes: frozenset[str]) -> frozenset[str]:
    """``codes`` without those that nothing could be done with."""
    return codes - {code for code, others in _needed.items() if not others & codes}


def registered() -> dict[str, str | Promise]:
    """All permissions, by code."""
    return dict(sorted(_registered.items()))
