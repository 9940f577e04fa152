"""With whom a customer is shared, why somebody sees it, and what is shared with me."""

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.accounts.choices import RecordScope
from zhiyin.accounts.handover import PERMISSION
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import Done
from zhiyin.customers.choices import Ruling
from zhiyin.customers.models import Customer
from zhiyin.platform.errors import Invalid
from zhiyin.web.customers.share_forms import ShareForm
from zhiyin.web.customers.views.pools import chosen_ids
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


def access_tab(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """Who has a share, the form for the next, and for managers why somebody sees the customer."""
    may_share = request.actor.may("customers.edit") and (
        queries.standing_of(request.actor, customer) == "full"
    )
    found: dict[str, Any] = {
        "shares": queries.shares_of(request.actor, customer.pk, timezone.now()),
        "may_share": may_share,
        "form": ShareForm() if may_share else None,
        "assignments": queries.assignments_of(customer.pk),
        "disputes": (disputes := queries.disputes_of(customer.pk)),
        "my_disputes": set(
            access.disputes(request.actor)
            .filter(pk__in=[each.pk for each in disputes])
            .values_list("pk", flat=True)
        ),
        "may_dispute": request.actor.may("customers.edit")
        and customer.owner_id not in (None, request.actor.member_id)
        and all(each.ruling != Ruling.OPEN for each in disputes),
    }
    if queries.may_explain(request.actor):
        found["people"] = queries.colleagues()
        if who := request.GET.get("who", ""):
            found["explained"] = queries.explain_access(request.actor, customer.pk, _uuid(who))
            found["scope"] = RecordScope(found["explained"].scope).label
    return found


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Invalid(field="who") from error


@require_POST
@page(permission="customers.edit")
def share(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    form = ShareForm(request.POST)
    if form.is_valid():
        with refusals(form):
            done = actions.share_customer(
                actor=request.actor, customer_id=customer_id, sharing=form.sharing(), now=timezone.now()
            )
            notify(request, _("Shared."), undo=reverse("customers:undo", args=[done.undo_id]))
            return _back(customer_id)
    context = {"form": form, "customer": access.customer(request.actor, customer_id, need="full")}
    return render(request, "customers/share.html", context)


@require_POST
@page(permission="customers.edit")
def end_share(request: HttpRequest, customer_id: uuid.UUID, share_id: uuid.UUID) -> HttpResponse:
    kept = actions.end_share(
        actor=request.actor, customer_id=customer_id, share_id=share_id, now=timezone.now()
    )
    notify(request, _("It is shared no more."), undo=reverse("customers:undo", args=[kept.pk]))
    return _back(customer_id)


@page(permission="customers.view")
def shared(request: HttpRequest) -> HttpResponse:
    """What is shared with me."""
    token = request.GET.get("after") or request.GET.get("before") or ""
    found = queries.shared_with_me(request.actor, after=token)
    return render(request, "customers/shared.html", {"page": found})


@page(permission=PERMISSION)
def left(request: HttpRequest) -> HttpResponse:
    """Shares whose giver left."""
    token = request.GET.get("after") or request.GET.get("before") or ""
    return render(
        request, "customers/shares_left.html", {"page": queries.left_shares(request.actor, after=token)}
    )


@require_POST
@page(permission=PERMISSION)
def end_left(request: HttpRequest) -> HttpResponse:
    done = actions.end_left_shares(
        actor=request.actor, share_ids=chosen_ids(request.POST), now=timezone.now()
    )
    return _done(request, done, _("The shares are ended."))


@require_POST
@page(permission=PERMISSION)
def take_over(request: HttpRequest) -> HttpResponse:
    done = actions.take_over_shares(
        actor=request.actor, share_ids=chosen_ids(request.POST), now=timezone.now()
    )
    return _done(request, done, _("The shares are yours."))


def _done(request: HttpRequest, done: Done, told: str) -> HttpResponse:
    if done.count:
        notify(request, told, undo=reverse("customers:undo", args=[done.undo_id]))
    return redirect("customers:shares_left")


def _back(customer_id: uuid.UUID) -> HttpResponse:
    return redirect(f"{reverse('customers:record', args=[customer_id])}?tab=access")
