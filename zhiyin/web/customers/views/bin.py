"""The recycle bin."""

import datetime
import uuid

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from zhiyin.customers import actions, queries
from zhiyin.platform.errors import Invalid
from zhiyin.web.http import HttpRequest, notify, page, render


@page(permission="customers.delete")
def bin_list(request: HttpRequest) -> HttpResponse:
    text, by, sort = (request.GET.get(name, "").strip().replace("\0", "") for name in ("text", "by", "sort"))
    found = queries.bin_customers(
        request.actor, text=text, by=by, sort=sort or "-gone_at", after=request.GET.get("after", "")
    )
    days = request.tenant.bin_days
    rows = [(each, each.gone_at + datetime.timedelta(days=days)) for each in found.rows if each.gone_at]
    context = {"page": found, "rows": rows, "text": text, "by": by, "sort": sort, "days": days}
    return render(
        request, "customers/bin.html", context | {"may_purge": request.actor.may("customers.purge")}
    )


@require_POST
@page(permission="customers.delete")
def restore(request: HttpRequest) -> HttpResponse:
    done = actions.restore_customers(actor=request.actor, customer_ids=_ids(request), now=timezone.now())
    notify(request, ngettext("%d customer restored.", "%d customers restored.", len(done)) % len(done))
    return redirect("customers:record", done[0]) if len(done) == 1 else redirect("customers:bin")


@require_POST
@page(permission="customers.purge")
def purge(request: HttpRequest) -> HttpResponse:
    count = actions.purge_customers(actor=request.actor, customer_ids=_ids(request), now=timezone.now())
    notify(request, ngettext("%d customer purged.", "%d customers purged.", count) % count)
    return redirect("customers:bin")


def _ids(request: HttpRequest) -> list[uuid.UUID]:
    try:
        ids = [uuid.UUID(each) for each in request.POST.getlist("ids")]
    except ValueError as error:
        raise Invalid(field="ids") from error
    if not ids:
        raise Invalid(_("Choose some customers first."), field="ids")
    return ids
