"""For how long what is known of customers is kept: rules, what they would clear, legal holds."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.customers import access, actions, queries
from zhiyin.customers.filters import Group
from zhiyin.customers.models import RetentionRule
from zhiyin.web.accounts.views.common import settings_tabs
from zhiyin.web.customers.choosing import Choosing
from zhiyin.web.customers.retention_forms import HoldForm, RetentionRuleForm
from zhiyin.web.http import HttpRequest, notify, page, refusals, render

TAB = "customers:retention"


@page(permission="settings.manage")
def rules(request: HttpRequest) -> HttpResponse:
    every = queries.retention_rules()
    context = {
        "rules": [(each, _labels(each.areas)) for each in every],
        "archived": queries.retention_rules(archived=True),
        "runs": queries.retention_runs(),
        "runs_now": any(each.is_on for each in every),
        "may_hold": request.actor.may("customers.hold"),
        "tabs": settings_tabs(request.actor, TAB),
    }
    return render(request, "customers/retention.html", context)


def _labels(codes: Iterable[str]) -> list[str]:
    known = {code: label for _group, some in queries.grouped_areas() for code, label in some}
    return [known[code] for code in codes if code in known]


@page(permission="settings.manage")
def create(request: HttpRequest) -> HttpResponse:
    form, tree, context = _rule_form(request, request.POST, None)
    if tree is not None and form.is_valid():
        with refusals(form):
            made = actions.create_retention_rule(
                actor=request.actor, rules=form.rules(tree), now=timezone.now()
            )
            notify(request, _("Added. Look at what it would clear, then switch it on."))
            return redirect("customers:retention_preview", made.pk)
    return render(request, "customers/retention_rule.html", context)


@page(permission="settings.manage")
def change(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    found = access.retention_rule(rule_id)
    form, tree, context = _rule_form(request, request.POST, found)
    if tree is not None and form.is_valid():
        with refusals(form):
            changed = actions.change_retention_rule(
                actor=request.actor,
                rule_id=rule_id,
                rules=form.rules(tree),
                version=form.cleaned_data["version"] or None,
                now=timezone.now(),
            )
            rests = found.is_on and not changed.is_on
            notify(
                request,
                _("Saved. The rule rests: look at what it would clear, then switch it on.")
                if rests
                else _("Saved."),
            )
            return redirect("customers:retention_preview", rule_id)
    return render(request, "customers/retention_rule.html", context)


def _rule_form(
    request: HttpRequest, sent: QueryDict, found: RetentionRule | None
) -> tuple[RetentionRuleForm, Group | None, dict[str, Any]]:
    """The form, its filter once it is whole and was sent, and what its page shows."""
    choosing = Choosing(request, found.filter if found else None)
    form = RetentionRuleForm(sent or None, rule=found)
    tree, context = choosing.read()
    if choosing.is_step:
        form.errors.clear()
    tabs = settings_tabs(request.actor, TAB)
    context |= {"form": form, "rule": found, "tabs": tabs}
    return form, None if choosing.is_step else tree, context


@page(permission="settings.manage")
def preview(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    """What a rule would clear now; nothing is."""
    found = access.retention_rule(rule_id)
    token = request.GET.get("after") or request.GET.get("before") or ""
    patient = "count" in request.GET
    told = queries.overdue(request.actor, found, after=token, patient=patient, now=timezone.now())
    context = {
        "rule": found,
        "labels": _labels(found.areas),
        "told": told,
        "page": told.page,
        "patient": patient,
        "tabs": settings_tabs(request.actor, TAB),
    }
    return render(request, "customers/retention_preview.html", context)


@require_POST
@page(permission="settings.manage")
def switch_on(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    return _switch(request, rule_id, on=True)


@require_POST
@page(permission="settings.manage")
def switch_off(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    return _switch(request, rule_id, on=False)


def _switch(request: HttpRequest, rule_id: uuid.UUID, *, on: bool) -> HttpResponse:
    found = actions.switch_retention_rule(
        actor=request.actor,
        rule_id=rule_id,
        on=on,
        version=request.POST.get("version") or None,
        now=timezone.now(),
    )
    message = _("“%s” clears from tonight on.") if on else _("“%s” clears nothing any more.")
    undo = "customers:switch_off_retention" if on else "customers:switch_on_retention"
    notify(request, message % found, undo=reverse(undo, args=[rule_id]))
    return redirect("customers:retention")


@require_POST
@page(permission="settings.manage")
def archive(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    return _set_archived(request, rule_id, archived=True)


@require_POST
@page(permission="settings.manage")
def restore(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    return _set_archived(request, rule_id, archived=False)


def _set_archived(request: HttpRequest, rule_id: uuid.UUID, *, archived: bool) -> HttpResponse:
    found = actions.set_retention_archived(
        actor=request.actor, rule_id=rule_id, archived=archived, now=timezone.now()
    )
    undo = "customers:restore_retention_rule" if archived else "customers:archive_retention_rule"
    message = _("“%s” is archived.") if archived else _("“%s” is offered again.")
    notify(request, message % found, undo=reverse(undo, args=[rule_id]))
    return redirect("customers:retention")


@require_POST
@page(permission="settings.manage")
def clear(request: HttpRequest) -> HttpResponse:
    actions.clear_overdue(actor=request.actor, now=timezone.now())
    notify(request, _("What is kept no longer is being cleared, in the background."))
    return redirect("jobs:list")


@page(permission="customers.hold")
def holds(request: HttpRequest) -> HttpResponse:
    token = request.GET.get("after") or request.GET.get("before") or ""
    context = {
        "page": queries.legal_holds(request.actor, after=token),
        "tabs": settings_tabs(request.actor, TAB),
    }
    return render(request, "customers/legal_holds.html", context)


@require_POST
@page(permission="customers.hold")
def set_hold(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    form = HoldForm(request.POST)
    if form.is_valid():
        made = actions.set_legal_hold(
            actor=request.actor,
            customer_id=customer_id,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
        undo = reverse("customers:end_hold", args=[customer_id, made.pk])
        notify(request, _("On legal hold: nothing of this customer is cleared or purged."), undo=undo)
    else:
        notify(request, _("Say why."), level=messages.ERROR)
    return redirect(_privacy(customer_id))


@require_POST
@page(permission="customers.hold")
def end_hold(request: HttpRequest, customer_id: uuid.UUID, hold_id: uuid.UUID) -> HttpResponse:
    actions.end_legal_hold(actor=request.actor, customer_id=customer_id, hold_id=hold_id, now=timezone.now())
    undo = reverse("customers:hold_again", args=[customer_id, hold_id])
    notify(request, _("The legal hold is ended."), undo=undo)
    return redirect(_privacy(customer_id))


@require_POST
@page(permission="customers.hold")
def hold_again(request: HttpRequest, customer_id: uuid.UUID, hold_id: uuid.UUID) -> HttpResponse:
    """Set one anew, for the same reason."""
    ended = access.legal_hold(request.actor, customer_id, hold_id)
    actions.set_legal_hold(
        actor=request.actor, customer_id=customer_id, reason=ended.reason, now=timezone.now()
    )
    notify(request, _("On legal hold: nothing of this customer is cleared or purged."))
    return redirect(_privacy(customer_id))


def _privacy(customer_id: uuid.UUID) -> str:
    return f"{reverse('customers:record', args=[customer_id])}?tab=consents"
