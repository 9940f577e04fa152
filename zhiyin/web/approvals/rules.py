"""Rules of approvals: their order and what they say."""

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.approvals import access, actions, queries, subjects
from zhiyin.approvals.models import ApprovalRule
from zhiyin.web.accounts.views.common import settings_tabs
from zhiyin.web.approvals.forms import RuleForm
from zhiyin.web.http import HttpRequest, notify, page, refusals, render

TAB = "approvals:rules"


@page(permission="settings.manage")
def rules(request: HttpRequest) -> HttpResponse:
    labels = {each.code: each.label for each in subjects.subjects()}
    context = {
        "rules": [(each, labels.get(each.subject, each.subject)) for each in queries.rules()],
        "archived": queries.rules(archived=True),
        "tabs": settings_tabs(request.actor, TAB),
    }
    return render(request, "approvals/rules.html", context)


@page(permission="settings.manage")
def create(request: HttpRequest) -> HttpResponse:
    form = RuleForm(request.POST or None)
    if form.is_valid():
        with refusals(form):
            actions.create_rule(actor=request.actor, said=form.said(), now=timezone.now())
            notify(request, _("Added."))
            return redirect(TAB)
    return _form(request, form, None)


@page(permission="settings.manage")
def change(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    found = access.rule(rule_id)
    form = RuleForm(request.POST or None, rule=found)
    if form.is_valid():
        with refusals(form):
            actions.change_rule(
                actor=request.actor,
                rule_id=rule_id,
                said=form.said(),
                version=form.cleaned_data["version"],
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect(TAB)
    return _form(request, form, found)


def _form(request: HttpRequest, form: RuleForm, rule: ApprovalRule | None) -> HttpResponse:
    context = {"form": form, "rule": rule, "tabs": settings_tabs(request.actor, TAB)}
    return render(request, "approvals/rule.html", context)


@require_POST
@page(permission="settings.manage")
def order(request: HttpRequest) -> HttpResponse:
    """``ids`` as they lie after dragging, or as they lay, with one to go ``up`` or ``down``."""
    ids = [each for text in request.POST.getlist("ids") if (each := _key(text))]
    for name, step in (("up", -1), ("down", 1)):
        key = _key(request.POST.get(name, ""))
        if key in ids:
            at = ids.index(key)
            ids.insert(max(at + step, 0), ids.pop(at))
    actions.order_rules(actor=request.actor, ids=ids, now=timezone.now())
    return redirect(TAB)


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@require_POST
@page(permission="settings.manage")
def archive(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    return _set_archived(request, rule_id, archived=True)


@require_POST
@page(permission="settings.manage")
def restore(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    return _set_archived(request, rule_id, archived=False)


def _set_archived(request: HttpRequest, rule_id: uuid.UUID, *, archived: bool) -> HttpResponse:
    found = actions.set_rule_archived(
        actor=request.actor, rule_id=rule_id, archived=archived, now=timezone.now()
    )
    undo = "approvals:restore_rule" if archived else "approvals:archive_rule"
    message = _("“%s” is archived.") if archived else _("“%s” holds again.")
    notify(request, message % found, undo=reverse(undo, args=[found.pk]))
    return redirect(TAB)
