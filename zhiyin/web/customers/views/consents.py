"""What a customer allows: the tab of the record, and writing an answer."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.customers import access, actions, queries
from zhiyin.customers.choices import ConsentChannel
from zhiyin.customers.models import Customer
from zhiyin.customers.queries import Standing
from zhiyin.web.customers.consent_forms import ConsentForm
from zhiyin.web.customers.keeping import kept_rows
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


def consents_tab(request: HttpRequest, customer: Customer, standing: Standing) -> dict[str, Any]:
    """What holds now, the ledger, and the form for the next answer."""
    purposes = queries.purposes()
    token = request.GET.get("after") or request.GET.get("before") or ""
    return {
        "channels": ConsentChannel.labels,
        "table": standing.table([each for each in purposes if not each.archived_at]),
        "ledger": queries.consents(request.actor, customer.pk, after=token),
        "form": ConsentForm(purposes),
        "kept": kept_rows(request.actor, customer.pk),
        "holds": queries.holds_of(customer.pk) if request.actor.may("customers.hold") else None,
    }


@require_POST
@page(permission="customers.edit")
def record_consent(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    form = ConsentForm(queries.purposes(), request.POST)
    if form.is_valid():
        with refusals(form):
            actions.record_consent(
                actor=request.actor,
                customer_id=customer_id,
                purpose_id=form.cleaned_data["purpose"],
                answer=form.said(),
                now=timezone.now(),
            )
            notify(request, _("The answer is kept."))
            return redirect(f"{reverse('customers:record', args=[customer_id])}?tab=consents")
    context = {"form": form, "customer": access.customer(request.actor, customer_id)}
    return render(request, "customers/consent.html", context)
