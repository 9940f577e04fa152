"""What the analysis found: overview, settings, earlier analyses, and each customer's value with reasons."""

import uuid
import zoneinfo
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.analytics import actions, queries
from zhiyin.analytics.choices import ValueGroup
from zhiyin.analytics.explaining import analysis_day, explain
from zhiyin.analytics.models import Analysis, CustomerValue
from zhiyin.analytics.sentences import reason, sentence
from zhiyin.analytics.warehouse import segment_name
from zhiyin.commerce.queries import purchase_days
from zhiyin.customers import access
from zhiyin.customers.models import Customer
from zhiyin.customers.queries.fields import own_segment
from zhiyin.platform import jobs
from zhiyin.web.http import HttpRequest, notify, page, refusals, render
from zhiyin.web.insight import pictures
from zhiyin.web.insight.forms import SettingsForm
from zhiyin.web.insight.reasons import reasons
from zhiyin.web.templatetags.zhiyin import KeyNumber, compact, number, percent

ICONS = {"good": "circle-check", "neutral": "point-filled", "bad": "alert-triangle"}
HISTORY_ROWS = 20


@dataclass(frozen=True, slots=True)
class Said:
    """A finding as the page shows it."""

    text: str
    tone: str
    icon: str
    url: str


@page(permission="insight.company")
def overview(request: HttpRequest) -> HttpResponse:
    return show(request, queries.latest_analysis(), current=True)


@page(permission="insight.company")
def analysis(request: HttpRequest, analysis_id: uuid.UUID) -> HttpResponse:
    """An earlier analysis. Its customers' rows have gone on, so its numbers open no lists of them."""
    found = queries.analysis(request.actor, analysis_id)
    return show(request, found, current=found == queries.latest_analysis())


def show(request: HttpRequest, found: Analysis | None, *, current: bool) -> HttpResponse:
    running = queries.running_job()
    own = running and jobs.visible(request.actor).filter(pk=running.pk).exists()
    context: dict[str, Any] = {
        "analysis": found,
        "running": running,
        "job": running if own else None,
        "failed": queries.failed_job(),
        "may_run": request.actor.may("insight.run"),
        "may_import": request.actor.may("imports.run"),
    }
    if found is not None:
        currency = request.tenant.currency
        context |= {
            "currency": currency,
            "as_of": analysis_day(found),
            "numbers": key_numbers(found, currency),
            "findings": said_by(found, currency, current=current),
            "concentration": pictures.concentration(found),
            "grid": pictures.grid(found, current=current),
            "groups": pictures.groups(found, current=current),
            "retention": pictures.retention(found),
            "segments": pictures.segments(found),
        }
    return render(request, "insight/overview.html", context)


def key_numbers(found: Analysis, currency: str) -> list[KeyNumber]:
    if not found.counts.get("buyers"):
        return []
    totals = [fits["totals"] for name, fits in found.fits.items() if name != pictures.POOLED]
    alive, value = (
        sum(each[name] for each in totals if each[name] is not None)
        if any(each[name] is not None for each in totals)
        else None
        for name in ("alive", "value")
    )
    returned = sum(fits["repeat_buyers"] for name, fits in found.fits.items() if name != pictures.POOLED)
    months = _("next %s months, today's money") % found.settings["months"]
    return [
        KeyNumber(_("Customers who bought"), number(found.counts["buyers"])),
        KeyNumber(_("Paid so far"), compact(found.counts["spend"], currency)),
        KeyNumber(_("Margin so far"), compact(found.counts["margin"], currency)),
        KeyNumber(
            _("Still customers"),
            number(alive),
            _("of %s who came back") % number(returned) if alive is not None else _("too little data"),
        ),
        KeyNumber(
            _("Future margin"),
            compact(value, currency),
            months if value is not None else _("too little data"),
        ),
    ]


def said_by(found: Analysis, currency: str, *, current: bool) -> list[Said]:
    """What an analysis found, as far as this version has words for it."""
    every = [said(each, currency, current=current) for each in found.findings]
    return [each for each in every if each.text]


def said(finding: dict[str, Any], currency: str, *, current: bool) -> Said:
    """A finding in words; behind one of the current analysis are the customers it speaks of."""
    urls = {
        "leaving": {"spend_min": finding["facts"].get("threshold"), "alive_max": 0.5, "sort": "-spend"},
        "without_purchase": {"ordered": "false"},
    }
    query = urls.get(finding["code"]) if current else None
    return Said(
        text=sentence(finding, currency=currency),
        tone=finding["tone"],
        icon=ICONS[finding["tone"]],
        url=pictures.customers_url(**query) if query else "",
    )


@require_POST
@page(permission="insight.run")
def run(request: HttpRequest) -> HttpResponse:
    actions.start_analysis(actor=request.actor, now=timezone.now())
    return redirect("insight:overview")


@page(permission="insight.run")
def settings(request: HttpRequest) -> HttpResponse:
    chosen = queries.insight_settings()
    form = SettingsForm(request.POST or None, initial=SettingsForm.initial_of(chosen))
    if form.is_valid():
        with refusals(form):
            actions.change_settings(
                actor=request.actor, version=chosen.version, now=timezone.now(), **form.arguments()
            )
            notify(request, _("Saved. All customers are analysed anew."))
            return redirect("insight:overview")
    return render(request, "insight/settings.html", {"form": form})


@page(permission="insight.company")
def history(request: HttpRequest) -> HttpResponse:
    found = queries.analyses(request.actor, after=request.GET.get("after", ""), limit=HISTORY_ROWS)
    rows = [
        {
            "analysis": each,
            "url": reverse("insight:analysis", args=[each.pk]),
            "as_of": analysis_day(each),
            "numbers": key_numbers(each, request.tenant.currency),
        }
        for each in found.rows
    ]
    return render(request, "insight/history.html", {"page": found, "rows": rows})


@page(permission="insight.view")
def value(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    """The value card of one customer: on the customer's page through htmx, or as a page of its own."""
    customer = access.customer(request.actor, customer_id)
    found = queries.customer_value(request.actor, customer_id)
    context: dict[str, Any] = {"customer": customer, "value": found}
    if found is not None:
        context |= card(request, found, _segment(customer, found.analysis))
    template = "insight/_value_card.html" if request.htmx else "insight/value.html"
    return render(request, template, context)


def _segment(customer: Customer, made: Analysis) -> str:
    """The customer's segment in an analysis."""
    key = made.settings.get("segment_by")
    return segment_name(key, own_segment(customer, key)) if key else customer.kind


def card(request: HttpRequest, found: CustomerValue, segment: str) -> dict[str, Any]:
    zone = zoneinfo.ZoneInfo(request.tenant.time_zone)
    days = purchase_days(found.customer_id, zone) if request.actor.may("orders.view") else []
    made = found.analysis
    explained = explain(found, made, segment=segment, days=days)
    refused, cell = explained.refused, explained.cell
    return {
        "currency": request.tenant.currency,
        "mean_alive": cell["alive"] / cell["returned"] if cell and cell["alive"] is not None else None,
        "mean_orders": mean(cell, "expected_orders"),
        "mean_value": mean(cell, "value"),
        "analysis": made,
        "why": explained,
        "numbers": card_numbers(found, request.tenant.currency, months=made.settings["months"]),
        "reasons": reasons(found, explained, made, request.tenant.currency),
        "refused": reason(refused["refused"], refused["facts"]) if refused else "",
        "chart": pictures.alive_chart(explained, months=made.settings["months"]),
        "cell_url": pictures.customers_url(
            rfm=f"{found.recency_score}{found.frequency_score}", sort="-value"
        ),
        "as_of": analysis_day(made),
    }


def mean(cell: dict[str, Any] | None, name: str) -> float | None:
    return cell[name] / cell["customers"] if cell and cell[name] is not None else None


def card_numbers(found: CustomerValue, currency: str, *, months: int) -> list[KeyNumber]:
    scores = f"R{found.recency_score} F{found.frequency_score} M{found.monetary_score}"
    numbers = [KeyNumber(_("Group"), str(ValueGroup(found.group).label), scores)]
    if found.alive is not None:
        numbers.append(KeyNumber(_("Still a customer"), percent(found.alive, 0), _("probability")))
    if found.expected_orders is not None:
        numbers.append(
            KeyNumber(_("Purchases to expect"), number(found.expected_orders, 1), _("in %s months") % months)
        )
    if found.value is not None:
        low, high = (compact(round(end or 0), currency) for end in (found.value_low, found.value_high))
        numbers.insert(0, KeyNumber(_("Value"), compact(round(found.value), currency), f"{low} – {high}"))
    return numbers
