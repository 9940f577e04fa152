"""News of changes that the program could not pass on: what, why, try again, or let it rest."""

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from zhiyin.platform import actions
from zhiyin.platform.access import failed_deliveries
from zhiyin.platform.paging import keyset
from zhiyin.web.accounts.audit import label
from zhiyin.web.accounts.views.common import now, settings_page
from zhiyin.web.http import HttpRequest, notify, page


@page(permission="settings.manage")
def deliveries(request: HttpRequest) -> HttpResponse:
    """Those given up, the newest first."""
    found = keyset(failed_deliveries(request.actor), order=["-id"], after=request.GET.get("after", ""))
    context = {"page": found, "rows": [(each, label(each.event.name)) for each in found.rows]}
    return settings_page(request, "accounts:deliveries", "deliveries.html", context)


@require_POST
@page(permission="settings.manage")
def retry_deliveries(request: HttpRequest) -> HttpResponse:
    """Try all of them again."""
    count = actions.retry_deliveries(actor=request.actor, now=now())
    notify(request, ngettext("%d is tried again.", "%d are tried again.", count) % count)
    return redirect("accounts:deliveries")


@require_POST
@page(permission="settings.manage")
def retry_delivery(request: HttpRequest, delivery_id: uuid.UUID) -> HttpResponse:
    actions.retry_deliveries(actor=request.actor, delivery_id=delivery_id, now=now())
    notify(request, _("It is tried again."))
    return redirect("accounts:deliveries")


@require_POST
@page(permission="settings.manage")
def dismiss_delivery(request: HttpRequest, delivery_id: uuid.UUID) -> HttpResponse:
    actions.dismiss_delivery(actor=request.actor, delivery_id=delivery_id, now=now())
    notify(request, _("It is dismissed."))
    return redirect("accounts:deliveries")
