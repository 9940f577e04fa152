"""Targets: what everybody is to win in a period, and how far they are."""

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from zhiyin.accounts.access import takers
from zhiyin.commerce.models import Product
from zhiyin.customers import access as customer_access
from zhiyin.customers import queries as customers
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid
from zhiyin.sales import actions, queries
from zhiyin.sales.actions import Goal
from zhiyin.sales.choices import Measure
from zhiyin.sales.models import Target
from zhiyin.sales.periods import Kind, Period
from zhiyin.sales.queries import Board, Standing, TargetFilter
from zhiyin.web.http import HttpRequest, notify, page, refusals, render
from zhiyin.web.lists import Tab, parse_filter
from zhiyin.web.sales.views.forecast import period_name, rates_told
from zhiyin.web.templatetags.zhiyin import KeyNumber, compact, money_in, number, percent


class OneForm(forms.Form):
    """One target, also of a product or with a customer."""

    whose = forms.ChoiceField(label=later("Whose"), required=False)
    product = forms.CharField(label=later("Product code"), max_length=64, required=False)
    customer = forms.CharField(label=later("Customer code"), max_length=64, required=False)
    measure = forms.ChoiceField(label=later("Counts"), choices=Measure.choices)
    value = forms.DecimalField(
        label=later("Target"), max_digits=19, decimal_places=4, min_value=Decimal("0.0001")
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        company = [("", _("The company"))] if actor.scope == "all" else []
        units = [(f"u-{each['id']}", str(each["name"])) for each in customers.units(actor)]
        people = [(f"m-{each.pk}", each.name) for each in takers(actor).order_by("name_key")]
        self.fields["whose"].choices = [*company, (_("Units"), units), (_("People"), people)]  # type: ignore[attr-defined]

    def goal(self) -> Goal:
        """Raises ``Invalid`` for a code of none."""
        given = self.cleaned_data
        product = customer = None
        if given["product"]:
            product = Product.objects.filter(code=given["product"]).values_list("pk", flat=True).first()
            if product is None:
                raise Invalid(_("There is no product of this code."), field="product")
        if given["customer"]:
            known = customer_access.customers(self.actor).filter(code__iexact=given["customer"])
            customer = known.values_list("pk", flat=True).first()
            if customer is None:
                raise Invalid(_("There is no customer of this code."), field="customer")
        return Goal(given["value"], *_whose(given["whose"]), product, customer, Measure(given["measure"]))


@page(permission="sales.view")
def targets(request: HttpRequest) -> HttpResponse:
    today, currency = timezone.localdate(), request.tenant.currency
    where = parse_filter(TargetFilter, request.GET)
    board = queries.targets(request.actor, where, currency=currency, today=today)
    context = {
        "board": board,
        "where": where,
        "currency": currency,
        "rows": [_row(each, currency) for each in board.standings],
        "numbers": _numbers(board, currency),
        "rates": rates_told(board.rates),
        "tabs": _tabs(request, board.period, today),
        "title": period_name(board.period),
        "earlier": _address(request, str(board.period.moved(-1))),
        "later": _address(request, str(board.period.moved(1))),
        "units": customers.units(request.actor),
        "may_set": request.actor.may("sales.manage"),
        "over": board.period.end < today,
    }
    return render(request, "sales/targets.html", context, partial="targets")


@page(permission="sales.manage")
def edit(request: HttpRequest) -> HttpResponse:
    """Amounts of all units and people of a period at once; one other; or those of another period, grown."""
    period = TargetFilter(period=request.GET.get("period", "")).asked(timezone.localdate())
    one = OneForm(request.actor, request.POST if "one" in request.POST else None)
    faults: list[str] = []
    if request.method == "POST" and "one" not in request.POST:
        try:
            return _save(request, period, _goals(request))
        except Invalid as error:
            faults = [str(error.message)]
    elif one.is_bound and one.is_valid():
        with refusals(one):
            return _save(request, period, [one.goal()])
    board = queries.targets(
        request.actor,
        TargetFilter(period=str(period)),
        currency=request.tenant.currency,
        today=timezone.localdate(),
    )
    context = {
        "period": period,
        "title": period_name(period),
        "lines": _lines(request, board),
        "others": [
            _row(each, request.tenant.currency) for each in board.standings if not _is_plain(each.target)
        ],
        "one": one,
        "faults": faults,
        "currency": request.tenant.currency,
        "since": str(period.moved(-1)),
    }
    return render(request, "sales/targets_edit.html", context, status=422 if faults or one.errors else 200)


@require_POST
@page(permission="sales.manage")
def copy(request: HttpRequest) -> HttpResponse:
    to = Period.parse(request.GET.get("period", ""))
    try:
        growth = Decimal(request.POST.get("growth") or "0")
    except ArithmeticError as error:
        raise Invalid(_("Give a growth between -100 and 1000 per cent."), field="growth") from error
    since = Period.parse(request.POST.get("since", ""))
    count = actions.copy_targets(actor=request.actor, since=since, to=to, growth=growth, now=timezone.now())
    notify(request, ngettext("%d target was copied.", "%d targets were copied.", count) % count)
    return redirect(f"{reverse('sales:targets')}?period={to}")


@require_POST
@page(permission="sales.manage")
def remove(request: HttpRequest, target_id: uuid.UUID) -> HttpResponse:
    gone = actions.remove_target(actor=request.actor, target_id=target_id, now=timezone.now())
    notify(request, _("The target is gone."))
    return redirect(f"{reverse('sales:edit_targets')}?period={gone}")


def _save(request: HttpRequest, period: Period, goals: list[Goal]) -> HttpResponse:
    count = actions.set_targets(actor=request.actor, period=period, goals=goals, now=timezone.now())
    notify(request, ngettext("%d target was changed.", "%d targets were changed.", count) % count)
    return redirect(f"{reverse('sales:targets')}?period={period}")


def _goals(request: HttpRequest) -> list[Goal]:
    """Each line's ``v-…`` with what stood there when the page was shown, ``s-…``. Raises ``Invalid``."""
    goals = []
    for name, text in request.POST.items():
        if name.startswith("v-"):
            seen = _number(str(request.POST.get(f"s-{name[2:]}", "")))
            goals.append(Goal(_number(str(text)), *_whose(name[2:]), seen=seen, is_seen=True))
    return goals


def _number(text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        return Decimal(text.replace(",", "").replace("，", "").strip())
    except ArithmeticError as error:
        raise Invalid(_("“%s” is no number.") % text, field="value") from error


def _whose(text: str) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """The person and the unit that a field of a form names. Raises ``Invalid``."""
    kind, _dash, key = text.partition("-")
    try:
        return (uuid.UUID(key) if kind == "m" else None, uuid.UUID(key) if kind == "u" else None)
    except ValueError as error:
        raise Invalid(field="whose") from error


def _is_plain(target: Target) -> bool:
    return not target.product_id and not target.customer_id and target.measure == Measure.AMOUNT


def _lines(request: HttpRequest, board: Board) -> list[dict[str, Any]]:
    """A line for the company, each unit and each person, with the amount that is set."""
    actor = request.actor
    there = {
        (each.target.member_id, each.target.unit_id): each.target.value.normalize()
        for each in board.standings
        if _is_plain(each.target)
    }
    named: list[tuple[str, str, str]] = [("c-", _("The company"), "")] if actor.scope == "all" else []
    named += [(f"u-{each['id']}", str(each["name"]), _("Unit")) for each in customers.units(actor)]
    people = takers(actor).select_related("unit").order_by("name_key")
    named += [(f"m-{each.pk}", each.name, each.unit.name if each.unit else "") for each in people]
    posted = request.POST if "one" not in request.POST else {}
    lines = []
    for key, name, note in named:
        value = there.get(_whose(key))
        text = "" if value is None else f"{value:f}"
        lines.append(
            {"key": key, "name": name, "note": note, "seen": text, "value": posted.get(f"v-{key}", text)}
        )
    return lines


def _row(standing: Standing, currency: str) -> dict[str, Any]:
    target = standing.target
    written: Callable[[Decimal], str] = number if target.measure == Measure.COUNT else money_in(currency)
    what = [str(target.product.name or target.product.code)] if target.product else []
    what += [target.customer.name] if target.customer else []
    return {
        "target": target,
        "standing": standing,
        "who": str(target.member or target.unit or _("The company")),
        "what": " · ".join(what),
        "value": written(target.value),
        "attained": written(standing.attained),
        "missing": written(max(Decimal(0), target.value - standing.attained)),
        "meter": min(100, round(standing.share * 100)),
        "state": _state(standing),
    }


def _state(standing: Standing) -> tuple[str, str]:
    """How it stands, in a word and the class of its badge."""
    if standing.share >= 1:
        return _("reached"), "is-good"
    if standing.gone >= 1:
        return _("missed"), "is-bad"
    if standing.pace is None or standing.pace >= 1:
        return _("on course"), "is-good"
    return (_("a little behind"), "is-warn") if standing.pace >= 0.8 else (_("behind"), "is-bad")


def _numbers(board: Board, currency: str) -> list[KeyNumber]:
    """Of the company's target, or else of all people's together."""
    money_only = [each for each in board.standings if _is_plain(each.target)]
    whole = [each for each in money_only if not each.target.member_id and not each.target.unit_id]
    counted = whole or [each for each in money_only if each.target.member_id]
    if not counted:
        return []
    value = sum((each.target.value for each in counted), Decimal(0))
    attained = sum((each.attained for each in counted), Decimal(0))
    note = _("The company's") if whole else _("of all people together")
    numbers = [
        KeyNumber(_("Target"), compact(value, currency), note),
        KeyNumber(_("Attained"), compact(attained, currency), percent(attained / value)),
    ]
    if board.gone < 1:
        numbers += [
            KeyNumber(_("Working days gone"), percent(board.gone), _("from Monday to Friday")),
            KeyNumber(
                _("At this pace"),
                compact(float(attained) / board.gone, currency) if board.gone else "–",
                percent(float(attained / value) / board.gone) if board.gone else "",
            ),
        ]
    return numbers


def _tabs(request: HttpRequest, period: Period, today: datetime.date) -> list[Tab]:
    kinds: tuple[tuple[Kind, str], ...] = (
        ("month", _("Month")),
        ("quarter", _("Quarter")),
        ("year", _("Year")),
    )
    inside = today if period.start <= today <= period.end else period.start
    return [
        Tab(label, _address(request, str(Period.of(kind, inside))), kind == period.kind)
        for kind, label in kinds
    ]


def _address(request: HttpRequest, period: str) -> str:
    unit = {"unit": request.GET["unit"]} if request.GET.get("unit") else {}
    return f"{reverse('sales:targets')}?{urlencode({'period': period, **unit})}"
