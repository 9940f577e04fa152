"""Public pools: what is in them, claiming, assigning, putting in; and how they are set up."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import Selection, Taken
from zhiyin.customers.filters import Group
from zhiyin.customers.models import Pool
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.web.customers.choosing import Choosing
from zhiyin.web.customers.owning import owning_tabs
from zhiyin.web.customers.pool_forms import PoolFilterForm, PoolForm, ReturnForm
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


@page(permission="customers.edit")
def pools(request: HttpRequest) -> HttpResponse:
    manages = request.actor.may("pools.manage")
    context = {
        "pools": queries.pools(request.actor),
        "archived": queries.pools(request.actor, archived=True) if manages else [],
        "manages": manages,
        "tabs": owning_tabs(request, "customers:pools"),
    }
    return render(request, "customers/pools.html", context)


@page(permission="customers.edit")
def pool(request: HttpRequest, pool_id: uuid.UUID) -> HttpResponse:
    found = access.pool(request.actor, pool_id)
    filters = PoolFilterForm(request.GET)
    wanted = filters.cleaned_data if filters.is_valid() else {}
    may_claim = access.pools(request.actor, to_claim=True).filter(pk=pool_id).exists()
    manages = request.actor.may("pools.manage")
    context: dict[str, Any] = {
        "pool": found,
        "page": queries.pool_customers(request.actor, found, **wanted, after=request.GET.get("after", "")),
        "filters": filters,
        "unseen": access.closed(request.actor),
        "filtered": any(wanted.values()),
        "may_claim": may_claim,
        "manages": manages,
        "owners": queries.owners(request.actor) if manages else [],
    }
    if may_claim and request.actor.member_id:
        context["room"] = queries.room(found, request.actor.member_id, timezone.now())
    return render(request, "customers/pool.html", context)


@require_POST
@page(permission="customers.edit")
def claim(request: HttpRequest, pool_id: uuid.UUID) -> HttpResponse:
    try:
        taken = actions.claim_customers(
            actor=request.actor, pool_id=pool_id, customer_ids=chosen_ids(request.POST), now=timezone.now()
        )
    except Conflict as refusal:
        notify(request, refusal.message, level=messages.ERROR)
        return redirect("customers:pool", pool_id)
    if len(taken.ids) == 1 and not taken.left:
        notify(request, _("The customer is yours."))
        return redirect("customers:record", taken.ids[0])
    _tell(request, taken)
    return redirect("customers:pool", pool_id)


@require_POST
@page(permission="pools.manage")
def assign(request: HttpRequest, pool_id: uuid.UUID) -> HttpResponse:
    try:
        taken = actions.assign_from_pool(
            actor=request.actor,
            pool_id=pool_id,
            customer_ids=chosen_ids(request.POST),
            owner_id=_uuid(request.POST.get("owner", ""), "owner"),
            now=timezone.now(),
        )
    except Conflict as refusal:
        notify(request, refusal.message, level=messages.ERROR)
    else:
        _tell(request, taken)
    return redirect("customers:pool", pool_id)


@page(permission="customers.edit")
def put_in(request: HttpRequest) -> HttpResponse:
    """Ticked customers go into a pool, with a reason; the list sends its ticks here first."""
    asked = request.POST if request.method == "POST" else request.GET
    ids = chosen_ids(asked)
    if request.method == "POST" and "reason" not in request.POST:
        return redirect(f"{reverse('customers:put_in')}?{urlencode({'ids': ids}, doseq=True)}")
    files = list(access.customers(request.actor, "full").filter(pk__in=ids).order_by("name_key")[:200])
    if not files:
        raise NotFound
    form = ReturnForm(request.POST or None)
    if form.is_valid():
        with refusals(form):
            done = actions.return_customers(
                actor=request.actor,
                selection=Selection(tuple(ids)),
                pool_id=uuid.UUID(form.cleaned_data["pool"]) if form.cleaned_data["pool"] else None,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
            message = ngettext("%d customer is in the pool.", "%d customers are in the pool.", done.count)
            notify(request, message % done.count, undo=reverse("customers:undo", args=[done.undo_id]))
            return redirect("customers:list")
    context = {"form": form, "files": files, "ids": ids, "any_pool": form.pools}
    return render(request, "customers/put_in.html", context)


@page(permission="pools.manage")
def create(request: HttpRequest) -> HttpResponse:
    form, tree, context = _pool_form(request, request.POST, None)
    if tree is not None and form.is_valid():
        with refusals(form):
            made = actions.create_pool(actor=request.actor, rules=form.rules(tree), now=timezone.now())
            notify(request, _("Added."))
            return redirect("customers:pool", made.pk)
    return render(request, "customers/pool_form.html", context)


@page(permission="pools.manage")
def change(request: HttpRequest, pool_id: uuid.UUID) -> HttpResponse:
    found = access.pool(request.actor, pool_id)
    form, tree, context = _pool_form(request, request.POST, found)
    if tree is not None and form.is_valid():
        with refusals(form):
            actions.change_pool(
                actor=request.actor,
                pool_id=pool_id,
                rules=form.rules(tree),
                version=form.cleaned_data["version"] or None,
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect("customers:pool", pool_id)
    return render(request, "customers/pool_form.html", context)


def _pool_form(
    request: HttpRequest, sent: QueryDict, found: Pool | None
) -> tuple[PoolForm, Group | None, dict[str, Any]]:
    """The form, its filter once it is whole and was sent, and what its page shows."""
    choosing = Choosing(request, found.filter if found else None)
    form = PoolForm(sent or None, pool=found)
    tree, context = choosing.read()
    if choosing.is_step:
        form.errors.clear()
    return form, None if choosing.is_step else tree, {**context, "form": form, "pool": found}


@require_POST
@page(permission="pools.manage")
def fill(request: HttpRequest, pool_id: uuid.UUID) -> HttpResponse:
    """All without an owner whom the pool's filter takes come into it, in the background."""
    reason = _("Taken by the pool's filter")
    actions.fill_pool(actor=request.actor, pool_id=pool_id, reason=reason, now=timezone.now())
    notify(request, _("Customers are being put in, in the background."))
    return redirect("jobs:list")


@require_POST
@page(permission="pools.manage")
def archive(request: HttpRequest, pool_id: uuid.UUID) -> HttpResponse:
    found = actions.archive_pool(actor=request.actor, pool_id=pool_id, now=timezone.now())
    return _back(request, found, _("“%s” is archived."), "customers:restore_pool")


@require_POST
@page(permission="pools.manage")
def restore(request: HttpRequest, pool_id: uuid.UUID) -> HttpResponse:
    found = actions.restore_pool(actor=request.actor, pool_id=pool_id, now=timezone.now())
    return _back(request, found, _("“%s” is offered again."), "customers:archive_pool")


def _back(request: HttpRequest, found: Pool, message: str, undo: str) -> HttpResponse:
    notify(request, message % found, undo=reverse(undo, args=[found.pk]))
    return redirect("customers:pools")


def _tell(request: HttpRequest, taken: Taken) -> None:
    count = len(taken.ids)
    message = ngettext("%d customer has an owner now.", "%d customers have an owner now.", count) % count
    if taken.left:
        rest = ngettext("%d stays in the pool.", "%d stay in the pool.", taken.left) % taken.left
        message = f"{message} {rest}"
    notify(request, message)


def chosen_ids(asked: QueryDict) -> list[uuid.UUID]:
    """The ticked rows. Raises ``Invalid`` for none."""
    ids = [_uuid(str(each), "ids") for each in asked.getlist("ids")]
    if not ids:
        raise Invalid(_("Choose customers first."), field="ids")
    return ids


def _uuid(text: str, field: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Invalid(field=field) from error
