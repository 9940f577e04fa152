"""The company's grades, what their rules would change, and a customer's own grade."""

import uuid
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import GradeRules, Selection
from zhiyin.customers.actions.grades import FOR_GOOD, MOST
from zhiyin.customers.choices import GradeMeasure, GradeRule, TagColour
from zhiyin.customers.models import Grade
from zhiyin.customers.queries import GradePreview
from zhiyin.web.accounts.views.common import settings_tabs
from zhiyin.web.charts import Chart, Series
from zhiyin.web.customers.table import TAG_CLASS
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


class GradeForm(forms.Form):
    """One grade; without a name it is none."""

    id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=50, required=False)
    colour = forms.ChoiceField(label=gettext_lazy("Colour"), choices=TagColour.choices, required=False)
    rule = forms.ChoiceField(
        label=gettext_lazy("Whom it takes"), choices=GradeRule.choices, required=False, initial=GradeRule.HAND
    )
    amount = forms.CharField(label=gettext_lazy("Number"), max_length=20, required=False)
    measure = forms.ChoiceField(
        label=gettext_lazy("By"), choices=[("", "–"), *GradeMeasure.choices], required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("colour", "rule", "measure"):
            label = self.fields[name].label
            self.fields[name].widget.attrs |= {"class": "form-select w-auto", "aria-label": label}

    def rules(self) -> GradeRules:
        return GradeRules(**self.cleaned_data)


class SetGradeForm(forms.Form):
    grade = forms.ChoiceField(label=gettext_lazy("Grade"), required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    until = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("After that day the rules say it again. Left empty: for good."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(str(each.pk), each.name) for each in queries.all_grades()]
        self.fields["grade"].choices = [("", gettext_lazy("None")), *known]  # type: ignore[attr-defined]


@page(permission="settings.manage")
def grades(request: HttpRequest) -> HttpResponse:
    known = queries.all_grades()
    shown = None if request.method == "POST" else [_initial(each) for each in known or actions.ready_grades()]
    many = formset_factory(GradeForm, extra=int(bool(known)), max_num=MOST)
    formset: BaseFormSet[GradeForm] = many(request.POST or None, initial=shown, prefix="g")
    problem = forms.Form(request.POST or None)
    if request.method == "POST" and formset.is_valid() and problem.is_valid():
        given = [form.rules() for form in formset if form.cleaned_data.get("name", "").strip()]
        with refusals(problem):
            actions.set_grades(
                actor=request.actor, grades=given, version=request.POST.get("version"), now=timezone.now()
            )
            notify(
                request,
                _("Saved. Nobody is graded anew until you apply the rules, or the next analysis does."),
            )
            return redirect(f"{reverse('customers:grades')}?preview=1")
    asked = known and request.GET.get("preview") == "1"
    preview = queries.preview_grades(request.actor, known, timezone.localdate()) if asked else None
    context = {
        "formset": formset,
        "form": problem,
        "known": known,
        "version": actions.grades_version(known),
        "preview": preview,
        "moves": _moves(known, preview) if preview else [],
        "chart": _chart(known, preview) if preview else None,
        "tabs": settings_tabs(request.actor, "customers:grades"),
    }
    return render(request, "customers/grades.html", context)


def _initial(grade: Grade | GradeRules) -> dict[str, Any]:
    shown = {name: getattr(grade, name) for name in ("id", "name", "colour", "rule", "measure")}
    amount = (
        grade.amount if isinstance(grade, GradeRules) else grade.amount and f"{grade.amount.normalize():f}"
    )
    return {**shown, "amount": amount}


def _moves(known: list[Grade], preview: GradePreview) -> list[tuple[str, str, int]]:
    names: dict[uuid.UUID | None, str] = {None: _("None"), **{each.pk: each.name for each in known}}
    found = [(names[old], names[new], count) for (old, new), count in preview.moves.items()]
    return sorted(found, key=lambda row: -row[2])


def _chart(known: list[Grade], preview: GradePreview) -> Chart:
    places: list[uuid.UUID | None] = [*(each.pk for each in known), None]
    moving = ngettext("%d customer would move", "%d customers would move", preview.moving) % preview.moving
    return Chart(
        key="grades",
        title=moving if preview.moving else _("The rules would change nothing"),
        categories=[*(each.name for each in known), _("None")],
        series=[
            Series(_("Now"), [preview.before.get(key, 0) for key in places]),
            Series(_("By the rules"), [preview.after.get(key, 0) for key in places]),
        ],
        kind="bar",
        format="integer",
        note=_("%d held by hand stay.") % preview.held if preview.held else "",
    )


@require_POST
@page(permission="settings.manage")
def apply(request: HttpRequest) -> HttpResponse:
    moved = actions.apply_grades(actor=request.actor, now=timezone.now())
    notify(
        request, ngettext("%d customer has another grade.", "%d customers have another grade.", moved) % moved
    )
    return redirect("customers:grades")


@page(permission="customers.edit")
def set_grade(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    customer = access.customer(request.actor, customer_id, need="write")
    form = SetGradeForm(request.POST or None, initial={"grade": customer.grade_id})
    if form.is_valid():
        given = form.cleaned_data
        with refusals(form):
            done = actions.set_grade(
                actor=request.actor,
                selection=Selection(ids=(customer.pk,)),
                grade_id=uuid.UUID(given["grade"]) if given["grade"] else None,
                reason=given["reason"],
                until=given["until"],
                now=timezone.now(),
            )
            undo = reverse("customers:undo", args=[done.undo_id]) if done.count else None
            notify(request, _("Saved."), undo=undo)
            return redirect("customers:record", customer.pk)
    context = {
        "customer": customer,
        "form": form,
        "history": queries.grade_history(request.actor, customer.pk),
        "held": customer.grade_held_until,
        "for_good": customer.grade_held_until == FOR_GOOD,
        "badge": TAG_CLASS.get(customer.grade.colour, "") if customer.grade else "",
    }
    return render(request, "customers/grade.html", context)


@require_POST
@page(permission="customers.edit")
def release_grade(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    actions.release_grade(actor=request.actor, customer_id=customer_id, now=timezone.now())
    notify(request, _("The rules say it again, from the next analysis on."))
    return redirect("customers:record", customer_id)
