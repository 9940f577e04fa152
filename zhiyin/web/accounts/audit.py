"""Audit entries in words."""

from collections.abc import Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.models import AuditEntry

LABELS: dict[str, str | Promise] = {
    "accounts.tenant_created": _("Company founded"),
    "accounts.company_changed": _("Company settings changed"),
    "accounts.company_entered": _("Signed in"),
    "accounts.unit_created": _("Unit added"),
    "accounts.unit_renamed": _("Unit renamed"),
    "accounts.unit_moved": _("Unit moved"),
    "accounts.unit_deleted": _("Unit deleted"),
    "accounts.role_created": _("Role added"),
    "accounts.role_changed": _("Role changed"),
    "accounts.role_deleted": _("Role deleted"),
    "accounts.member_added": _("Person added"),
    "accounts.member_changed": _("Person changed"),
    "accounts.member_deactivated": _("Person shut out"),
    "accounts.member_activated": _("Person let in again"),
    "accounts.password_link_made": _("Link to set a password made"),
    "accounts.second_factors_removed": _("Second factors removed"),
    "accounts.sessions_ended": _("Sessions ended"),
    "accounts.token_created": _("API token made"),
    "accounts.token_revoked": _("API token revoked"),
    "accounts.preferences_changed": _("Own preferences changed"),
}
FIELDS: dict[str, str | Promise] = {
    "name": _("Name"),
    "unit": _("Unit"),
    "role": _("Role"),
    "parent": _("Below"),
    "permissions": _("Permissions"),
    "scope": _("Which records"),
    "holds_all": _("Everything"),
    "currency": _("Currency"),
    "time_zone": _("Time zone"),
    "language": _("Language"),
    "is_active": _("Active"),
    "member": _("Acts as"),
    "theme": _("Appearance"),
    "time_format": _("Time of day"),
}
MOST = 4


def labels(actions: Sequence[str]) -> list[tuple[str, str]]:
    """Kinds of action with their words, for a choice."""
    return sorted(((action, label(action)) for action in actions), key=lambda pair: pair[1])


def label(action: str) -> str:
    """An action's words; its code without the app's name where there are none."""
    return str(LABELS.get(action, action.partition(".")[2].replace("_", " ") or action))


def described(entry: AuditEntry) -> dict[str, Any]:
    """What an entry's row shows: the action's words, and each change as field, old, new."""
    changes = [
        (str(FIELDS.get(field, field)), _short(pair[0]), _short(pair[1]))
        for field, pair in list(entry.changes.items())[:MOST]
        if isinstance(pair, list) and len(pair) == 2
    ]
    return {"label": label(entry.action), "changes": changes, "sealed": hasattr(entry, "leaf")}


def _short(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        value = ", ".join(str(each) for each in value)
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"
