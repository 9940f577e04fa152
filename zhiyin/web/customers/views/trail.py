"""Who changed what on one customer: each field before and after, in words."""

import uuid

from django.http import HttpResponse

from zhiyin.customers import queries
from zhiyin.web.accounts.audit import told
from zhiyin.web.http import HttpRequest, page, render


@page(permission="audit.view")
def trail(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    request.actor.require("customers.view")
    found = queries.trail(request.actor, customer_id, after=request.GET.get("after", ""))
    customer = queries.record_customer(request.actor, customer_id)
    context = {"customer": customer, "page": found, "rows": told(found.rows, actor=request.actor)}
    return render(request, "customers/trail.html", context)
