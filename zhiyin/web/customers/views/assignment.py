"""Rules of assignment: their order, what they say, and whom they would have given the newest customers."""

import uuid
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from zhiyin.customers import access, actions, filters, queries
from zhiyin.customers.filters import Group, Words
from zhiyin.customers.filters.tree import read
from zhiyin.customers.models import AssignmentRule
from zhiyin.customers.queries import Trial, TrialLine
from zhiyin.platform.errors import DomainError
from zhiyin.web.charts import Chart, Series
from zhiyin.web.customers.assignment_forms import AssignmentRuleForm
from zhiyin.web.customers.choosing import Choosing
from zhiyin.web.customers.owning import owning_tabs
from zhiyin.web.http import HttpRequest, notify, page, refusals, render

PERIODS = (7, 30, 90)
MOST_SHOWN = 12


@page(permission="customers.assign_rules")
def rules(request: HttpRequest) -> HttpResponse:
    held = queries.assignment_rules()
    context = {
        "rules": [(each, _taken(request, each), _people(each)) for each in held],
        "archived": queries.assignment_rules(archived=True),
        "tabs": owning_tabs(request, "customers:assignment_rules"),
    }
    return render(request, "customers/assignment_rules.html", context)


def _taken(request: HttpRequest, rule: AssignmentRule) -> str:
    """The filter in words; empty for one that takes all."""
    try:
        tree = read(rule.filter)
        return Words(filters.terms(request.actor), tree).sentence(tree) if tree.of else ""
    except DomainError as error:
        return str(error.message)


def _people(rule: AssignmentRule) -> list[Any]:
    return sorted(rule.turns.all(), key=lambda each: each.place)


@page(permission="customers.assign_rules")
def create(request: HttpRequest) -> HttpResponse:
    form, tree, context = _rule_form(request, request.POST, None)
    if tree is not None and form.is_valid():
        with refusals(form):
            actions.create_assignment_rule(actor=request.actor, rules=form.rules(tree), now=timezone.now())
            notify(request, _("Added."))
            return redirect("customers:assignment_rules")
    return render(request, "customers/assignment_rule.html", context)


@page(permission="customers.assign_rules")
def change(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    found = access.assignment_rule(rule_id)
    form, tree, context = _rule_form(request, request.POST, found)
    if tree is not None and form.is_valid():
        with refusals(form):
            actions.change_assignment_rule(
                actor=request.actor,
                rule_id=rule_id,
                rules=form.rules(tree),
                version=form.cleaned_data["version"] or None,
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect("customers:assignment_rules")
    return render(request, "customers/assignment_rule.html", context)


def _rule_form(
    request: HttpRequest, sent: QueryDict, found: AssignmentRule | None
) -> tuple[AssignmentRuleForm, Group | None, dict[str, Any]]:
    """The form, its filter once it is whole and was sent, and what its page shows."""
    choosing = Choosing(request, found.filter if found else None)
    form = AssignmentRuleForm(request.actor, sent or None, rule=found)
    tree, context = choosing.read()
    if choosing.is_step:
        form.errors.clear()
    return form, None if choosing.is_step else tree, {**context, "form": form, "rule": found}


@require_POST
@page(permission="customers.assign_rules")
def order(request: HttpRequest) -> HttpResponse:
    """``ids`` as they lie after dragging, or as they lay, with one to go ``up`` or ``down``."""
    ids = [each for text in request.POST.getlist("ids") if (each := _key(text))]
    for name, step in (("up", -1), ("down", 1)):
        key = _key(request.POST.get(name, ""))
        if key in ids:
            at = ids.index(key)
            ids.insert(max(at + step, 0), ids.pop(at))
    actions.order_assignment_rules(actor=request.actor, ids=ids, now=timezone.now())
    return redirect("customers:assignment_rules")


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


@require_POST
@page(permission="customers.assign_rules")
def archive(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    return _set_archived(request, rule_id, archived=True)


@require_POST
@page(permission="customers.assign_rules")
def restore(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    return _set_archived(request, rule_id, archived=False)


def _set_archived(request: HttpRequest, rule_id: uuid.UUID, *, archived: bool) -> HttpResponse:
    found = actions.set_assignment_rule_archived(
        actor=request.actor, rule_id=rule_id, archived=archived, now=timezone.now()
    )
    undo = "customers:restore_assignment_rule" if archived else "customers:archive_assignment_rule"
    message = _("“%s” is archived.") if archived else _("“%s” holds again.")
    notify(request, message % found, undo=reverse(undo, args=[found.pk]))
    return redirect("customers:assignment_rules")


@page(permission="customers.assign_rules")
def trial(request: HttpRequest) -> HttpResponse:
    """Who would have got the customers of the last days; archived rules can be tried as well."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(each) for each in PERIODS} else 30
    drafts = [each for text in request.GET.getlist("draft") if (each := _key(text))]
    found = queries.try_assignment_rules(request.actor, days=days, now=timezone.now(), drafts=drafts)
    context = {
        "found": found,
        "chart": _chart(found) if found.customers else None,
        "days": days,
        "periods": PERIODS,
        "archived": queries.assignment_rules(archived=True),
        "drafts": drafts,
        "has_rules": bool(drafts) or queries.has_assignment_rules(),
        "tabs": owning_tabs(request, "customers:assignment_rules"),
    }
    return render(request, "customers/assignment_trial.html", context)


def _name(line: TrialLine) -> str:
    if line.unit:
        return _("Unit %s") % line.name
    if line.pool:
        return _("Pool %s") % line.name
    return line.name or _("No rule takes them")


def _chart(found: Trial) -> Chart:
    tried = ngettext("%d customer", "%d customers", found.customers) % found.customers
    # whoever has some and would get none follows, as far as there is room
    shown = sorted(found.lines, key=lambda each: (-each.would_get, -each.has_got))[:MOST_SHOWN]
    return Chart(
        key="assignment-trial",
        title=_("Who would have got them, and who has them"),
        subtitle=tried,
        kind="bar",
        horizontal=True,
        tall=True,
        categories=[_name(each) for each in shown],
        series=[
            Series(_("Would have got"), [each.would_get for each in shown]),
            Series(_("Has"), [each.has_got for each in shown]),
        ],
        format="integer",
    )
