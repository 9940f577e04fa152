"""What people who leave have, to whom it goes, and what went."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from pydantic import ValidationError

from zhiyin.accounts import access, handover
from zhiyin.accounts import queries as accounts
from zhiyin.accounts.actions import handover as actions
from zhiyin.accounts.handover import Preview
from zhiyin.accounts.models import Handover, Member
from zhiyin.customers import queries
from zhiyin.customers.filters import Group
from zhiyin.platform import jobs
from zhiyin.platform.errors import Invalid
from zhiyin.web.charts import Chart, Series
from zhiyin.web.customers.choosing import Choosing
from zhiyin.web.customers.handover_forms import HandoverForm
from zhiyin.web.customers.owning import owning_tabs
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


@dataclass(frozen=True, slots=True)
class Told:
    """One part of what would go, or went: how many to whom, and what stays and why."""

    label: object
    count: int
    to: list[tuple[str, int]]
    stays: list[tuple[object, int]]
    restored: int | None = None


@page(permission=handover.PERMISSION)
def handovers(request: HttpRequest) -> HttpResponse:
    """Who left and has something still, people by name, and what was handed over."""
    search = request.GET.get("q", "")
    token = request.GET.get("after") or request.GET.get("before") or ""
    parts = handover.parts(request.actor)
    holders = accounts.holders(request.actor, search=search, now=timezone.now())
    context = {
        "holders": [(each.member, [each.counts.get(part.code, 0) for part in parts]) for each in holders],
        "parts": parts,
        "page": accounts.made_handovers(request.actor, after=token),
        "q": search,
        "tabs": owning_tabs(request, "customers:handovers"),
    }
    return render(request, "customers/handovers.html", context)


@page(permission=handover.PERMISSION)
def hand_over(request: HttpRequest, member_id: uuid.UUID) -> HttpResponse:
    """What a member has, chosen, shown to whom it would go, and then handed over."""
    holder = accounts.holder(request.actor, member_id, timezone.now())
    parts = {part.code: part.label for part in handover.parts(request.actor)}
    form = HandoverForm(request.POST or None, actor=request.actor, holder=holder, parts=parts)
    tree, context = Choosing(request).read()
    is_step = bool(request.POST.get("do"))
    if is_step:
        form.errors.clear()
    elif tree is not None and form.is_valid() and (done := _asked(request, form, tree, member_id, context)):
        return done
    people = [each for each in queries.owners(request.actor) if each["id"] != member_id]
    has = _customers_of(request, people)
    context |= {"form": form, "holder": holder, "lines": form.lines(people, has), "narrowed": is_step}
    return render(request, "customers/hand_over.html", context)


def _asked(
    request: HttpRequest, form: HandoverForm, tree: Group, member_id: uuid.UUID, context: dict[str, Any]
) -> HttpResponse | None:
    """Hand over what was seen before as it is now; else show what would go, in ``context``."""
    with refusals(form):
        try:
            plan = form.plan(tree)
        except (ValueError, ValidationError) as error:
            raise Invalid(_("A weight is a number from 1 to 100."), field="people") from error
        given: dict[str, Any] = {"actor": request.actor, "giver_id": member_id, "plan": plan}
        if "go" in request.POST and form.cleaned_data["seen"] == plan.model_dump_json():
            made = actions.hand_over(**given, now=timezone.now())
            notify(request, _("It is being handed over, in the background."))
            return redirect("customers:handover", made.pk)
        previews = handover.preview(**given, now=timezone.now())
        context |= {"previews": _previewed(previews), "chart": _picture(request, previews)}
        context["seen"] = plan.model_dump_json()
    return None


@page(permission=handover.PERMISSION)
def show(request: HttpRequest, handover_id: uuid.UUID) -> HttpResponse:
    """What went to whom, and the job that moves it or takes it back."""
    made = access.handover(request.actor, handover_id)
    newest = made.undo_job_id or made.job_id
    job = jobs.visible(request.actor).filter(pk=newest).first() if newest else None
    context = {
        "handover": made,
        "job": job,
        "is_busy": job is not None and not job.is_finished,
        "told": list(_told(made, request)),
        "undoable": actions.is_undoable(made, timezone.now()),
    }
    return render(request, "customers/handover.html", context, partial="state")


@require_POST
@page(permission=handover.PERMISSION)
def undo(request: HttpRequest, handover_id: uuid.UUID) -> HttpResponse:
    actions.undo_hand_over(actor=request.actor, handover_id=handover_id, now=timezone.now())
    notify(request, _("It is being taken back, in the background."))
    return redirect("customers:handover", handover_id)


def _customers_of(request: HttpRequest, people: Sequence[Any]) -> Any:
    ids = [each["id"] for each in people]
    held = (part.held for part in handover.parts(request.actor) if part.carries)
    return next(held)(request.actor, ids, timezone.now()) if ids else {}


def _previewed(previews: list[Preview]) -> list[Told]:
    names = _names(key for each in previews for key in each.to if key)
    return [
        Told(
            each.part.label,
            each.count,
            [(names.get(key, "") if key else "", count) for key, count in each.to.items()],
            [(handover.STAYS.get(code, code), count) for code, count in each.stays.items()],
        )
        for each in previews
    ]


def _told(made: Handover, request: HttpRequest) -> Iterator[Told]:
    names = _names(uuid.UUID(key) for each in made.parts.values() for key in each["to"] if key)
    for part in handover.parts(request.actor):
        if (done := made.parts.get(part.code)) is None:
            continue
        yield Told(
            part.label,
            done["count"],
            [(names.get(uuid.UUID(key), "") if key else "", count) for key, count in done["to"].items()],
            [(handover.STAYS.get(code, code), count) for code, count in done["stays"].items()],
            done.get("restored"),
        )


def _picture(request: HttpRequest, previews: list[Preview]) -> Chart | None:
    """How many customers each taker has and would have."""
    gets = next((each.to for each in previews if each.part.carries), {})
    ids = sorted((key for key in gets if key), key=lambda key: -gets[key])
    if not ids:
        return None
    names, has = _names(iter(ids)), _customers_of(request, [{"id": key} for key in ids])
    return Chart(
        key="hand-over",
        title=_("How many customers each would have"),
        kind="bar",
        horizontal=True,
        stacked=True,
        categories=[names.get(key, "") for key in ids],
        series=[
            Series(_("Customers now"), [has.get(key, 0) for key in ids]),
            Series(_("Would get"), [gets[key] for key in ids]),
        ],
        format="integer",
    )


def _names(ids: Iterator[uuid.UUID]) -> dict[uuid.UUID, str]:
    return dict(Member.objects.filter(pk__in=set(ids)).values_list("pk", "name"))
