"""What the settings' pages share: their tabs, and the clock of this edge."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.actors import Actor
from zhiyin.web.http import HttpRequest, render

PAGES: list[tuple[str, str | Promise, str]] = [
    ("accounts:users", _("People"), "accounts.manage"),
    ("accounts:units", _("Organisation"), "accounts.manage"),
    ("accounts:roles", _("Roles"), "accounts.manage"),
    ("accounts:company", _("Company"), "settings.manage"),
    ("customers:fields", _("Fields"), "settings.manage"),
    ("customers:field_access", _("Access to fields"), "accounts.manage"),
    ("customers:relation_types", _("Relations"), "settings.manage"),
    ("customers:duplicate_rules", _("Duplicates"), "settings.manage"),
    ("customers:sensitive_rules", _("Sensitive fields"), "settings.manage"),
    ("customers:grades", _("Grades"), "settings.manage"),
    ("commerce:rates", _("Exchange rates"), "settings.manage"),
    ("sales:pipelines", _("Pipelines"), "sales.manage"),
    ("sales:competitors", _("Competitors"), "sales.manage"),
    ("sales:lead_rules", _("Rules for leads"), "sales.manage"),
    ("sales:lead_forms", _("Forms for leads"), "sales.manage"),
    ("customers:purposes", _("Purposes"), "settings.manage"),
    ("customers:retention", _("Retention"), "settings.manage"),
    ("approvals:rules", _("Approvals"), "settings.manage"),
    ("accounts:tokens", _("API tokens"), "accounts.manage"),
    ("accounts:audit", _("Audit log"), "audit.view"),
    ("accounts:deliveries", _("Failed deliveries"), "settings.manage"),
]
MINE: list[tuple[str, str | Promise]] = [
    ("accounts:profile", _("My profile")),
    ("accounts:security", _("Sign-in and security")),
    ("accounts:my_tokens", _("My API tokens")),
]


@dataclass(frozen=True, slots=True)
class Tab:
    label: str | Promise
    url: str
    current: bool
    count: int | None = None


def now() -> datetime.datetime:
    return timezone.now()


def settings_tabs(actor: Actor, current: str) -> list[Tab]:
    """The settings' pages that this actor may open."""
    return [Tab(label, reverse(name), name == current) for name, label, may in PAGES if actor.may(may)]


def my_tabs(current: str) -> list[Tab]:
    """A person's own pages."""
    return [Tab(label, reverse(name), name == current) for name, label in MINE]


def settings_page(
    request: HttpRequest,
    current: str,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    partial: str | None = None,
) -> HttpResponse:
    """One of the settings' pages under its tabs."""
    tabs = settings_tabs(request.actor, current)
    return render(
        request, f"accounts/settings/{template}", {"tabs": tabs, **(context or {})}, partial=partial
    )
