"""The permissions that exist, registered by each app when it loads."""

from django.utils.functional import Promise

_registered: dict[str, str | Promise] = {}


def register(code: str, label: str | Promise) -> None:
    """Make ``code`` known, with a label for the page where roles are edited."""
    _registered[code] = label


def registered() -> dict[str, str | Promise]:
    """All permissions, by code."""
    return dict(sorted(_registered.items()))
