"""Further limits of a pool: how many of some of its customers one person claims and has."""

import uuid
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import LimitRules
from zhiyin.customers.filters import Group
from zhiyin.customers.models import Pool, PoolLimit
from zhiyin.web.customers.choosing import Choosing
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


class PoolLimitForm(forms.Form):
    """A limit; ``version`` is the one that the form was filled in with."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    daily_limit = forms.IntegerField(
        label=gettext_lazy("A day at most"), required=False, min_value=0, max_value=1_000_000
    )
    held_limit = forms.IntegerField(
        label=gettext_lazy("At one time at most"), required=False, min_value=0, max_value=1_000_000
    )
    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, limit: PoolLimit | None = None, **kwargs: Any) -> None:
        if limit:
            kwargs["initial"] = {name: getattr(limit, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)

    def rules(self, tree: Group) -> LimitRules:
        values = {**self.cleaned_data, "filter": tree}
        del values["version"]
        return LimitRules(**values)


@page(permission="pools.manage")
def limits(request: HttpRequest, pool_id: uuid.UUID) -> HttpResponse:
    pool = access.pool(request.actor, pool_id)
    return render(request, "customers/pool_limits.html", {"pool": pool, "limits": queries.limits(pool)})


@page(permission="pools.manage")
def create(request: HttpRequest, pool_id: uuid.UUID) -> HttpResponse:
    pool = access.pool(request.actor, pool_id)
    form, tree, context = _limit_form(request, request.POST, pool, None)
    if tree is not None and form.is_valid():
        with refusals(form):
            actions.create_pool_limit(
                actor=request.actor, pool_id=pool_id, rules=form.rules(tree), now=timezone.now()
            )
            notify(request, _("Added."))
            return redirect("customers:pool_limits", pool_id)
    return render(request, "customers/pool_limit.html", context)


@page(permission="pools.manage")
def change(request: HttpRequest, limit_id: uuid.UUID) -> HttpResponse:
    found = access.pool_limit(request.actor, limit_id)
    form, tree, context = _limit_form(request, request.POST, found.pool, found)
    if tree is not None and form.is_valid():
        with refusals(form):
            actions.change_pool_limit(
                actor=request.actor,
                limit_id=limit_id,
                rules=form.rules(tree),
                version=form.cleaned_data["version"] or None,
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect("customers:pool_limits", found.pool_id)
    return render(request, "customers/pool_limit.html", context)


def _limit_form(
    request: HttpRequest, sent: QueryDict, pool: Pool, found: PoolLimit | None
) -> tuple[PoolLimitForm, Group | None, dict[str, Any]]:
    """The form, its filter once it is whole and was sent, and what its page shows."""
    choosing = Choosing(request, found.filter if found else None)
    form = PoolLimitForm(sent or None, limit=found)
    tree, context = choosing.read()
    if choosing.is_step:
        form.errors.clear()
    return form, None if choosing.is_step else tree, {**context, "form": form, "pool": pool, "limit": found}


@require_POST
@page(permission="pools.manage")
def remove(request: HttpRequest, limit_id: uuid.UUID) -> HttpResponse:
    found = actions.set_limit_removed(
        actor=request.actor, limit_id=limit_id, removed=True, now=timezone.now()
    )
    undo = reverse("customers:restore_pool_limit", args=[found.pk])
    notify(request, _("“%s” is gone.") % found, undo=undo)
    return redirect("customers:pool_limits", found.pool_id)


@require_POST
@page(permission="pools.manage")
def restore(request: HttpRequest, limit_id: uuid.UUID) -> HttpResponse:
    found = actions.set_limit_removed(
        actor=request.actor, limit_id=limit_id, removed=False, now=timezone.now()
    )
    undo = reverse("customers:remove_pool_limit", args=[found.pk])
    notify(request, _("“%s” holds again.") % found, undo=undo)
    return redirect("customers:pool_limits", found.pool_id)
