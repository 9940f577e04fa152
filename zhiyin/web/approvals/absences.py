"""Who answers for me while I am away."""

import uuid
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from zhiyin.approvals import actions, queries
from zhiyin.platform.actors import Actor
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class AbsenceForm(forms.Form):
    deputy_id = forms.ChoiceField(label=gettext_lazy("Who answers"))
    starts_on = _day(gettext_lazy("First day"))
    ends_on = _day(gettext_lazy("Last day"))

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        able = queries.deciders().exclude(pk__in=[actor.member_id]).order_by("name_key")
        self.fields["deputy_id"].choices = [  # type: ignore[attr-defined]
            (str(each.pk), f"{each.name} · {each.unit.name}") for each in able.select_related("unit")
        ]


@page(permission="approvals.decide")
def absences(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    form = AbsenceForm(request.actor, request.POST or None, initial={"starts_on": today, "ends_on": today})
    if form.is_valid():
        with refusals(form):
            said = {**form.cleaned_data, "deputy_id": uuid.UUID(form.cleaned_data["deputy_id"])}
            actions.add_absence(actor=request.actor, **said, now=timezone.now())
            notify(request, _("Added."))
            return redirect("approvals:absences")
    context = {"form": form, "absences": queries.absences(request.actor, today), "today": today}
    return render(request, "approvals/absences.html", context)


@require_POST
@page(permission="approvals.decide")
def remove(request: HttpRequest, absence_id: uuid.UUID) -> HttpResponse:
    actions.remove_absence(actor=request.actor, absence_id=absence_id, now=timezone.now())
    notify(request, _("You answer yourself again."))
    return redirect("approvals:absences")
