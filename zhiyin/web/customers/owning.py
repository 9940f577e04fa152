"""What the pages about owning customers share: their tabs."""

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.web.http import HttpRequest
from zhiyin.web.lists import Tab

PAGES: list[tuple[str, str | Promise, str]] = [
    ("customers:pools", _("Pools"), "customers.edit"),
    ("customers:lapsing", _("Protection ends soon"), "customers.view"),
    ("customers:disputes", _("Disputes"), "customers.edit"),
    ("customers:fairness", _("Fairness"), "pools.manage"),
    ("customers:assignment_rules", _("Rules of assignment"), "customers.assign_rules"),
    ("customers:handovers", _("Hand-over"), "customers.assign"),
    ("customers:protection_rules", _("Rules of protection"), "pools.manage"),
]


def owning_tabs(request: HttpRequest, current: str) -> list[Tab]:
    """Those that this person may open."""
    return [
        Tab(str(label), reverse(name), name == current)
        for name, label, permission in PAGES
        if request.actor.may(permission)
    ]
