"""The roles that a new company starts with; its administrators change them as they like."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.choices import RecordScope


@dataclass(frozen=True, slots=True)
class DefaultRole:
    """``permissions`` of ``None`` means all."""

    name: str | Promise
    scope: RecordScope
    permissions: frozenset[str] | None


_READ = {"customers.view", "products.view", "orders.view", "activities.view", "sales.view"}
_SELL = _READ | {"customers.edit", "orders.edit", "insight.view", "activities.edit", "sales.edit"}

ROLES = [
    DefaultRole(_("Administrator"), RecordScope.ALL, None),
    DefaultRole(
        _("Sales manager"),
        RecordScope.SUBTREE,
        frozenset(
            _SELL
            | {
                "customers.delete",
                "customers.export",
                "customers.reveal",
                "customers.requests",
                "customers.assign",
                "pools.manage",
                "imports.run",
                "jobs.view_all",
                "sales.export",
                "sales.manage",
                "approvals.decide",
            }
        ),
    ),
    DefaultRole(_("Sales person"), RecordScope.OWN, frozenset(_SELL)),
    DefaultRole(
        _("Service agent"), RecordScope.ALL, frozenset(_READ | {"customers.edit", "activities.edit"})
    ),
    DefaultRole(
        _("Marketer"),
        RecordScope.ALL,
        frozenset(_READ | {"customers.export", "insight.view", "insight.company"}),
    ),
    DefaultRole(
        _("Analyst"),
        RecordScope.ALL,
        frozenset(_READ | {"customers.export", "insight.view", "insight.company", "insight.run"}),
    ),
]
