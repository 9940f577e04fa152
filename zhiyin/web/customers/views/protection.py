"""Protection: whose ends soon, prolonging, reclaiming, and the rules."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import Selection
from zhiyin.customers.filters import Group
from zhiyin.customers.models import ProtectionRule
from zhiyin.customers.queries.facts import label_of
from zhiyin.platform.errors import Invalid
from zhiyin.web.customers.choosing import Choosing
from zhiyin.web.customers.owning import owning_tabs
from zhiyin.web.customers.protection_forms import ProlongForm, ProtectionRuleForm
from zhiyin.web.customers.views.listing import summary
from zhiyin.web.customers.views.pools import chosen_ids
from zhiyin.web.http import HttpRequest, notify, page, refusals, render

PERIODS = (7, 30, 90)


@page(permission="customers.view")
def lapsing(request: HttpRequest) -> HttpResponse:
    """Whose protection would end within some days, and into which pool each would go."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(each) for each in PERIODS} else 30
    token = request.GET.get("after") or request.GET.get("before") or ""
    found = queries.lapsing(request.actor, days=days, now=timezone.now(), after=token)
    manages = request.actor.may("pools.manage")
    runs_company = manages and access.sees_everybody(request.actor)
    context = {
        "found": found,
        "rows": [(each, cause_of(each.holding.cause), found.pools.get(each.pk)) for each in found.page.rows],
        "summary": summary(found.count),
        "page": found.page,
        "days": days,
        "periods": PERIODS,
        "manages": manages,
        "runs": queries.reclaim_runs() if runs_company else [],
        "runs_company": runs_company,
        "rules": queries.protection_rules() if manages else [],
        "tabs": owning_tabs(request, "customers:lapsing"),
        "form": ProlongForm(),
    }
    return render(request, "customers/lapsing.html", context)


def cause_of(code: str) -> str:
    """What protection is counted from, in words."""
    if code == "owned":
        return _("Got the customer")
    return _("Prolonged by hand") if code == "fixed" else str(label_of(code))


@require_POST
@page(permission="pools.manage")
def prolong(request: HttpRequest) -> HttpResponse:
    form = ProlongForm(request.POST)
    if not form.is_valid():
        notify(request, _("Say until when, and why."), level=messages.ERROR)
        return redirect("customers:lapsing")
    try:
        done = actions.prolong_protection(
            actor=request.actor,
            selection=Selection(tuple(chosen_ids(request.POST))),
            until=form.day,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except Invalid as refusal:
        notify(request, refusal.message, level=messages.ERROR)
    else:
        message = ngettext("%d customer is kept.", "%d customers are kept.", done.count) % done.count
        notify(request, message)
    return redirect("customers:lapsing")


@require_POST
@page(permission="pools.manage")
def reclaim(request: HttpRequest) -> HttpResponse:
    actions.reclaim_lapsed(actor=request.actor, now=timezone.now())
    notify(request, _("Customers are being reclaimed, in the background."))
    return redirect("jobs:list")


@page(permission="pools.manage")
def rules(request: HttpRequest) -> HttpResponse:
    context = {
        "rules": queries.protection_rules(),
        "archived": queries.protection_rules(archived=True),
        "tabs": owning_tabs(request, "customers:protection_rules"),
    }
    return render(request, "customers/protection_rules.html", context)


@page(permission="pools.manage")
def create(request: HttpRequest) -> HttpResponse:
    form, tree, context = _rule_form(request, request.POST, None)
    if tree is not None and form.is_valid():
        with refusals(form):
            actions.create_protection_rule(actor=request.actor, rules=form.rules(tree), now=timezone.now())
            notify(request, _("Added."))
            return redirect("customers:protection_rules")
    return render(request, "customers/protection_rule.html", context)


@page(permission="pools.manage")
def change(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    found = access.protection_rule(rule_id)
    form, tree, context = _rule_form(request, request.POST, found)
    if tree is not None and form.is_valid():
        with refusals(form):
            actions.change_protection_rule(
                actor=request.actor,
                rule_id=rule_id,
                rules=form.rules(tree),
                version=form.cleaned_data["version"] or None,
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect("customers:protection_rules")
    return render(request, "customers/protection_rule.html", context)


def _rule_form(
    request: HttpRequest, sent: QueryDict, found: ProtectionRule | None
) -> tuple[ProtectionRuleForm, Group | None, dict[str, Any]]:
    """The form, its filter once it is whole and was sent, and what its page shows."""
    choosing = Choosing(request, found.filter if found else None)
    form = ProtectionRuleForm(sent or None, rule=found)
    tree, context = choosing.read()
    if choosing.is_step:
        form.errors.clear()
    return form, None if choosing.is_step else tree, {**context, "form": form, "rule": found}


@require_POST
@page(permission="pools.manage")
def archive(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    return _set_archived(request, rule_id, archived=True)


@require_POST
@page(permission="pools.manage")
def restore(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    return _set_archived(request, rule_id, archived=False)


def _set_archived(request: HttpRequest, rule_id: uuid.UUID, *, archived: bool) -> HttpResponse:
    found = actions.set_rule_archived(
        actor=request.actor, rule_id=rule_id, archived=archived, now=timezone.now()
    )
    undo = "customers:restore_protection_rule" if archived else "customers:archive_protection_rule"
    message = _("“%s” is archived.") if archived else _("“%s” is offered again.")
    notify(request, message % found, undo=reverse(undo, args=[found.pk]))
    return redirect("customers:protection_rules")
