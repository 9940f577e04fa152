"""What a deal is about: its products, who decides on the customer's side, who else wants it."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from zhiyin.commerce.models import Product
from zhiyin.customers import queries as customers
from zhiyin.customers.choices import BuyingRole
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.sales import access, actions, queries
from zhiyin.sales.actions import DealLine, DealPerson, DealRival
from zhiyin.sales.models import Competitor, Opportunity
from zhiyin.sales.queries import Contents
from zhiyin.web.accounts.views.common import settings_tabs
from zhiyin.web.http import HttpRequest, notify, page, refusals, render

MOST = 100
BLANK = 3
SUGGESTED = 500


class LineForm(forms.Form):
    code = forms.CharField(
        label=later("Product code"), max_length=64, widget=forms.TextInput(attrs={"list": "known"})
    )
    quantity = forms.DecimalField(label=later("Quantity"), max_digits=19, decimal_places=4, initial=1)
    unit_price = forms.DecimalField(
        label=later("Unit price"),
        max_digits=19,
        decimal_places=4,
        required=False,
        help_text=later("Left empty, the list price."),
    )

    def row(self, _actor: Actor) -> DealLine:
        """Raises ``Invalid`` for a code of none."""
        found = (
            Product.objects.filter(code=self.cleaned_data["code"].strip())
            .values_list("pk", flat=True)
            .first()
        )
        if found is None:
            raise Invalid(_("There is no product of this code."), field="code")
        return DealLine(found, self.cleaned_data["quantity"], self.cleaned_data["unit_price"])


class PersonForm(forms.Form):
    code = forms.CharField(label=later("Customer code"), max_length=64)
    role = forms.ChoiceField(label=later("Part"), choices=BuyingRole.choices)

    def row(self, actor: Actor) -> DealPerson:
        """Raises ``Invalid`` for a code of none."""
        found = customers.customer_by_code(actor, self.cleaned_data["code"].strip())
        if found is None:
            raise Invalid(_("There is no customer of this code."), field="code")
        return DealPerson(found.pk, BuyingRole(self.cleaned_data["role"]))


class RivalForm(forms.Form):
    name = forms.CharField(
        label=later("Name"), max_length=200, widget=forms.TextInput(attrs={"list": "known"})
    )
    note = forms.CharField(label=later("Note"), max_length=500, required=False)
    won = forms.BooleanField(label=later("Has won it"), required=False)

    def row(self, _actor: Actor) -> DealRival:
        return DealRival(**self.cleaned_data)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a deal, edited on a page of its own: what stands there, what may be typed, and who takes it."""

    title: str | Promise
    form: type[forms.Form]
    initial: Callable[[Contents], list[dict[str, Any]]]
    known: Callable[[], list[tuple[str, str]]]
    save: Callable[..., Opportunity]
    argument: str


PARTS: Mapping[str, Part] = {
    "products": Part(
        later("Products"), LineForm,
        lambda found: [
            {"code": each.product.code, "quantity": each.quantity.normalize(), "unit_price": each.unit_price.normalize()}
            for each in found.lines
        ],
        lambda: list(Product.objects.filter(is_active=True).order_by("name_key").values_list("code", "name")[:SUGGESTED]),
        actions.set_lines, "lines",
    ),
    "people": Part(
        later("People who decide"), PersonForm,
        lambda found: [{"code": each.customer.code, "role": each.role} for each in found.people],
        list, actions.set_people, "people",
    ),
    "competitors": Part(
        later("Competitors"), RivalForm,
        lambda found: [{"name": each.competitor.name, "note": each.note, "won": each.won} for each in found.competitors],
        lambda: [(name, "") for name in Competitor.objects.order_by("name").values_list("name", flat=True)[:SUGGESTED]],
        actions.set_rivals, "rivals",
    ),
}  # fmt: skip


@page(permission="sales.edit")
def edit(request: HttpRequest, opportunity_id: uuid.UUID, part: str) -> HttpResponse:
    """All rows of one part; a row that is emptied goes."""
    found = access.opportunity(request.actor, opportunity_id, need="write")
    kept = PARTS.get(part)
    if kept is None:
        raise NotFound
    there = kept.initial(queries.contents(request.actor, found))
    rows_of = formset_factory(kept.form, extra=BLANK, max_num=MOST, absolute_max=MOST, validate_max=True)
    rows: BaseFormSet[Any] = rows_of(request.POST or None, initial=[] if request.POST else there)
    for each in rows.forms:
        each.empty_permitted, each.use_required_attribute = True, False
    refused = ""
    if rows.is_bound and rows.is_valid():
        try:
            given = [each.row(request.actor) for each in rows.forms if _is_filled(each)]
            version = request.POST.get("version", "")
            kept.save(
                actor=request.actor, opportunity_id=found.pk, version=int(version) if version.isdigit() else None,
                now=timezone.now(), **{kept.argument: given},
            )  # fmt: skip
            notify(request, _("Saved."))
            return redirect("sales:opportunity", found.pk)
        except (Invalid, Conflict) as error:
            refused = str(error.message)
    context = {
        "opportunity": found,
        "title": kept.title,
        "rows": rows,
        "known": kept.known(),
        "refused": refused,
        "version": request.POST.get("version", found.version),
    }
    status = 422 if rows.is_bound else 200
    return render(request, "sales/contents.html", context, status=status)


def _is_filled(form: forms.Form) -> bool:
    """Whether the field that names something is there; without it a row goes."""
    return bool(form.cleaned_data.get("code") or form.cleaned_data.get("name"))


class CompetitorForm(forms.Form):
    strengths = forms.CharField(
        label=later("Strengths"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    weaknesses = forms.CharField(
        label=later("Weaknesses"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )


@page(permission="sales.manage")
def competitors(request: HttpRequest) -> HttpResponse:
    context = {
        "tabs": settings_tabs(request.actor, "sales:competitors"),
        "rivalries": queries.rivalries(request.actor),
    }
    return render(request, "sales/competitors.html", context)


@page(permission="sales.manage")
def competitor(request: HttpRequest, competitor_id: uuid.UUID) -> HttpResponse:
    found = access.competitor(competitor_id)
    form = CompetitorForm(
        request.POST or None, initial={"strengths": found.strengths, "weaknesses": found.weaknesses}
    )
    if form.is_valid():
        with refusals(form):
            actions.update_competitor(
                actor=request.actor, competitor_id=competitor_id, now=timezone.now(), **form.cleaned_data
            )
            notify(request, _("Saved."))
            return redirect("sales:competitors")
    context = {"tabs": settings_tabs(request.actor, "sales:competitors"), "competitor": found, "form": form}
    return render(request, "sales/competitor.html", context, status=422 if form.errors else 200)
