"""Pipelines as a company sets them up: stages and reasons."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_POST

from zhiyin.accounts.models import Unit
from zhiyin.platform.errors import NotFound
from zhiyin.sales import actions, queries
from zhiyin.sales.actions import StageRules
from zhiyin.sales.actions.stages import MOST_STAGES
from zhiyin.sales.choices import Need, StageKind
from zhiyin.sales.models import Stage
from zhiyin.web.accounts.views.common import settings_tabs
from zhiyin.web.http import HttpRequest, notify, page, refusals, render
from zhiyin.web.templatetags.zhiyin import number


class PipelineForm(forms.Form):
    name = forms.CharField(label=later("Name"), max_length=100)
    unit_id = forms.TypedChoiceField(label=later("Team"), coerce=uuid.UUID, required=False, empty_value=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(str(each.pk), each.name) for each in Unit.objects.order_by("name")]
        self.fields["unit_id"].choices = [("", _("Everybody")), *named]  # type: ignore[attr-defined]


class StageForm(forms.Form):
    """One stage; without a name it goes, and its opportunities to another."""

    id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    place = forms.IntegerField(label=later("Place"), min_value=1, max_value=99, required=False)
    name = forms.CharField(label=later("Name"), max_length=100, required=False)
    kind = forms.ChoiceField(label=later("Kind"), choices=StageKind.choices, required=False)
    probability = forms.IntegerField(
        label=later("Probability, percent"), min_value=0, max_value=100, required=False
    )
    stuck_after = forms.IntegerField(
        label=later("Stuck after days"), min_value=1, max_value=3650, required=False
    )
    entry = forms.MultipleChoiceField(
        label=later("Needed to enter"),
        choices=Need.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    leave = forms.MultipleChoiceField(
        label=later("Needed to go on"),
        choices=Need.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    guide = forms.CharField(
        label=later("What to do in it"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    goes_to = forms.UUIDField(
        label=later("Without a name, its opportunities go to"), required=False, widget=forms.Select
    )

    def __init__(self, *args: Any, others: Sequence[Stage] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [("", "–"), *((str(each.pk), each.name) for each in others)]
        self.fields["goes_to"].widget.choices = named
        stage: Stage | None = self.initial.get("stage")
        if stage and stage.kind == StageKind.OPEN:
            self.fields["probability"].help_text = _usual(stage)

    def rules(self) -> StageRules:
        given = self.cleaned_data
        return StageRules(
            given["name"],
            given["id"],
            given["kind"] or StageKind.OPEN,
            given["probability"],
            given["stuck_after"],
            tuple(given["entry"]),
            tuple(given["leave"]),
            given["guide"],
        )


@page(permission="sales.manage")
def pipelines(request: HttpRequest) -> HttpResponse:
    form = PipelineForm(request.POST or None)
    if form.is_valid():
        with refusals(form):
            made = actions.create_pipeline(actor=request.actor, now=timezone.now(), **form.cleaned_data)
            notify(request, _("The pipeline is there."))
            return redirect("sales:pipeline", made.pk)
    return _listed(request, form)


def _listed(request: HttpRequest, form: forms.Form) -> HttpResponse:
    reasons = queries.close_reasons()
    context = {
        "tabs": settings_tabs(request.actor, "sales:pipelines"),
        "pipelines": queries.pipelines(),
        "form": form,
        "reasons": [
            (kind.value, kind.label, "\n".join(each.name for each in reasons if each.kind == kind))
            for kind in (StageKind.WON, StageKind.LOST)
        ],
    }
    return render(request, "sales/pipelines.html", context)


@require_POST
@page(permission="sales.manage")
def reasons(request: HttpRequest) -> HttpResponse:
    """The reasons of one kind, one a line."""
    form = forms.Form(request.POST)
    form.is_valid()
    with refusals(form):
        actions.set_close_reasons(
            actor=request.actor,
            kind=request.POST.get("kind", ""),
            names=request.POST.get("names", "").splitlines(),
            now=timezone.now(),
        )
        notify(request, _("Saved."))
        return redirect("sales:pipelines")
    return _listed(request, form)


@page(permission="sales.manage")
def pipeline(request: HttpRequest, pipeline_id: uuid.UUID) -> HttpResponse:
    found = next((each for each in queries.pipelines() if each.pk == pipeline_id), None)
    if found is None:
        raise NotFound
    stages = queries.stages_of(pipeline_id)
    many = formset_factory(StageForm, extra=0 if request.method == "POST" else 1, max_num=MOST_STAGES)
    shown = [_initial(each, place) for place, each in enumerate(stages, start=1)]
    formset: BaseFormSet[StageForm] = many(
        request.POST or None, initial=shown, prefix="s", form_kwargs={"others": stages}
    )
    problem = forms.Form(request.POST or None)
    if request.method == "POST" and formset.is_valid() and problem.is_valid():
        with refusals(problem):
            _set(request, pipeline_id, formset)
            notify(request, _("Saved."))
            return redirect("sales:pipeline", pipeline_id)
    context = {
        "tabs": settings_tabs(request.actor, "sales:pipelines"),
        "pipeline": found,
        "formset": formset,
        "form": problem,
    }
    failed = request.method == "POST"
    return render(request, "sales/pipeline.html", context, status=422 if failed else 200)


def _set(request: HttpRequest, pipeline_id: uuid.UUID, formset: "BaseFormSet[StageForm]") -> None:
    given = [form for form in formset if form.cleaned_data]
    named = [form for form in given if form.cleaned_data["name"].strip()]
    gone = [form for form in given if form not in named and form.cleaned_data["id"]]
    version = request.POST.get("version", "")
    actions.set_stages(
        actor=request.actor,
        pipeline_id=pipeline_id,
        stages=[form.rules() for form in sorted(named, key=lambda form: form.cleaned_data["place"] or 99)],
        goes_to={form.cleaned_data["id"]: form.cleaned_data["goes_to"] for form in gone},
        version=int(version) if version.isdecimal() and len(version) < 10 else None,
        now=timezone.now(),
    )


def _usual(stage: Stage) -> str:
    """What holds for a stage without a probability of its own."""
    if stage.usual is None:
        return _("Empty: nothing. Too few came so far and were closed to tell from history: %s.") % number(
            stage.usual_of
        )
    said = {"percent": stage.usual, "closed": number(stage.usual_of)}
    return _("Empty: %(percent)d %%, as many were won of %(closed)s that came so far and were closed.") % said


def _initial(stage: Stage, place: int) -> dict[str, Any]:
    names = ("id", "name", "kind", "probability", "stuck_after", "entry", "leave", "guide")
    return {"place": place, "stage": stage, **{name: getattr(stage, name) for name in names}}
