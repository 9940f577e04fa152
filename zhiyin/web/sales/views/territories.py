"""Territories: whose customers lie where, how evenly, and what another day's cut would move."""

import datetime
import uuid
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_POST

from zhiyin.customers import filters
from zhiyin.customers.filters import Group, Words
from zhiyin.customers.filters.tree import read
from zhiyin.customers.queries import owners
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import DomainError
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import TerritoryRules
from zhiyin.sales.models import Territory
from zhiyin.sales.queries import Cut, Load
from zhiyin.web.customers.choosing import Choosing
from zhiyin.web.http import HttpRequest, notify, page, refusals, render
from zhiyin.web.templatetags.zhiyin import KeyNumber, compact, number

MOST_MOVES = 20


class TerritoryForm(forms.Form):
    """A territory; ``version`` is the one that the form was filled in with."""

    name = forms.CharField(label=later("Name"), max_length=100)
    owner_id = forms.TypedChoiceField(
        label=later("Responsible"), coerce=uuid.UUID, required=False, empty_value=None
    )
    position = forms.IntegerField(
        label=later("Place in the order"),
        min_value=0,
        max_value=10_000,
        initial=100,
        help_text=later("A customer lies in the first territory that takes it."),
    )
    starts_on = forms.DateField(
        label=later("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label=later("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=later("The last day. Left empty, it has no end."),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [("", "–"), *((str(each["id"]), str(each["name"])) for each in owners(actor))]
        self.fields["owner_id"].choices = people  # type: ignore[attr-defined]

    def rules(self, tree: Group) -> TerritoryRules:
        given = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return TerritoryRules(**given, filter=tree)


@page(permission="sales.manage")
def territories(request: HttpRequest) -> HttpResponse:
    """``on`` is the day whose cut is shown, of today's customers; today without it."""
    today = timezone.localdate()
    on = _day(request.GET.get("on", "")) or today
    found = queries.recut(request.actor, on=on, today=today)
    was = {each.territory: each.customers for each in found.today.loads}
    known = queries.territories()
    context = {
        "on": on,
        "today": today,
        "rows": [_row(request, each, was) for each in found.then.loads],
        "moves": found.moves[:MOST_MOVES],
        "more_moves": max(0, len(found.moves) - MOST_MOVES),
        "numbers": _numbers(found.then, found.today if on != today else None),
        "others": [each for each in known if not each.holds_on(on)],
        "known": known,
        "archived": queries.territories(archived=True),
        "currency": request.tenant.currency,
    }
    return render(request, "sales/territories.html", context)


def _day(text: str) -> datetime.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _row(request: HttpRequest, load: Load, was: dict[Territory | None, int]) -> dict[str, Any]:
    return {
        "load": load,
        "taken": _taken(request, load.territory) if load.territory else "",
        "was": was.get(load.territory, 0),
        "amounts": " · ".join(compact(amount, code) for code, amount in sorted(load.amounts.items())),
    }


def _taken(request: HttpRequest, territory: Territory) -> str:
    """The filter in words, or why it cannot be read any more."""
    try:
        tree = read(territory.filter)
        return Words(filters.terms(request.actor), tree).sentence(tree)
    except DomainError as error:
        return str(error.message)


def _numbers(cut: Cut, today: Cut | None) -> list[KeyNumber]:
    """How much more than the mean the fullest territory has; of another day's cut, beside today's."""
    measures = [
        ("customers", _("Most customers")),
        ("spend", _("Most bought")),
        ("deals", _("Most open opportunities")),
    ]
    return [
        KeyNumber(label, _times(cut.fullest(name)), _beside(today.fullest(name) if today else None))
        for name, label in measures
    ]


def _times(value: float | None) -> str:
    return "–" if value is None else _("%s × the mean") % number(value, 2)


def _beside(value: float | None) -> str:
    return "" if value is None else _("today %s") % _times(value)


@page(permission="sales.manage")
def create(request: HttpRequest) -> HttpResponse:
    form, tree, context = _territory_form(request, request.POST, None)
    if tree is not None and form.is_valid():
        with refusals(form):
            actions.create_territory(actor=request.actor, rules=form.rules(tree), now=timezone.now())
            notify(request, _("Added."))
            return redirect("sales:territories")
    return render(request, "sales/territory.html", context)


@page(permission="sales.manage")
def change(request: HttpRequest, territory_id: uuid.UUID) -> HttpResponse:
    form, tree, context = _territory_form(request, request.POST, access.territory(territory_id))
    if tree is not None and form.is_valid():
        with refusals(form):
            actions.change_territory(
                actor=request.actor,
                territory_id=territory_id,
                rules=form.rules(tree),
                version=form.cleaned_data["version"],
                now=timezone.now(),
            )
            notify(request, _("Saved."))
            return redirect("sales:territories")
    return render(request, "sales/territory.html", context)


def _territory_form(
    request: HttpRequest, sent: QueryDict, found: Territory | None
) -> tuple[TerritoryForm, Group | None, dict[str, Any]]:
    """The form, its filter once it is whole and was sent, and what its page shows."""
    choosing = Choosing(request, found.filter if found else None)
    held = {name: getattr(found, name) for name in TerritoryForm.base_fields} if found else {}
    initial = held or {"starts_on": timezone.localdate()}
    form = TerritoryForm(request.actor, sent or None, initial=initial)
    tree, context = choosing.read()
    if choosing.is_step:
        form.errors.clear()
    return form, None if choosing.is_step else tree, {**context, "form": form, "territory": found}


@require_POST
@page(permission="sales.manage")
def archive(request: HttpRequest, territory_id: uuid.UUID) -> HttpResponse:
    return _set_archived(request, territory_id, archived=True)


@require_POST
@page(permission="sales.manage")
def restore(request: HttpRequest, territory_id: uuid.UUID) -> HttpResponse:
    return _set_archived(request, territory_id, archived=False)


def _set_archived(request: HttpRequest, territory_id: uuid.UUID, *, archived: bool) -> HttpResponse:
    found = actions.set_territory_archived(
        actor=request.actor, territory_id=territory_id, archived=archived, now=timezone.now()
    )
    undo = "sales:restore_territory" if archived else "sales:archive_territory"
    message = _("“%s” is archived.") if archived else _("“%s” holds again.")
    notify(request, message % found, undo=reverse(undo, args=[found.pk]))
    return redirect("sales:territories")
