"""What waits for my answer, one request, and the answer."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from zhiyin.approvals import access, actions, queries, subjects
from zhiyin.approvals.choices import OPEN, Answer, RequestState
from zhiyin.approvals.models import ApprovalRequest
from zhiyin.platform.errors import NotFound
from zhiyin.web.accounts.views.common import Tab
from zhiyin.web.http import HttpRequest, notify, page, refusals, render

SAID = {
    RequestState.APPROVED: gettext_lazy("Approved."),
    RequestState.REJECTED: gettext_lazy("Rejected."),
    RequestState.RETURNED: gettext_lazy("Returned for change."),
    RequestState.PENDING: gettext_lazy("Your yes is noted; others are asked as well."),
}


class AnswerForm(forms.Form):
    comment = forms.CharField(
        label=gettext_lazy("Comment"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "data-hotkey": "c"}),
        help_text=gettext_lazy("A no and a return need a word of why."),
    )
    answer = forms.ChoiceField(choices=Answer.choices, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("What speaks for it"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


@page()
def inbox(request: HttpRequest) -> HttpResponse:
    which = request.GET.get("box", "")
    which = which if which in queries.BOXES else "waiting"
    today = timezone.localdate()
    token = request.GET.get("after") or request.GET.get("before") or ""
    context = {
        "page": queries.box(request.actor, which, today, after=token),
        "box": which,
        "tabs": _tabs(which, queries.count_waiting(request.actor, today)),
        "may_decide": request.actor.may(access.DECIDE),
    }
    return render(request, "approvals/inbox.html", context)


def _tabs(which: str, waiting: int) -> list[Tab]:
    home = reverse("approvals:inbox")
    named = {"waiting": _("Wait for me"), "asked": _("Asked by me"), "all": _("All that I see")}
    return [
        Tab(label, f"{home}?box={box}", box == which, waiting if box == "waiting" else None)
        for box, label in named.items()
    ]


@page()
def show(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    return _show(request, access.request(request.actor, request_id, timezone.localdate()), AnswerForm())


def _show(request: HttpRequest, found: ApprovalRequest, form: forms.Form) -> HttpResponse:
    today = timezone.localdate()
    [shown] = queries.shown(request.actor, [found])
    is_mine = request.actor.member_id is not None and found.requester_id == request.actor.member_id
    context: dict[str, Any] = {
        "found": found,
        "shown": shown,
        "turns": queries.turns(found),
        "acts": queries.acts(found),
        "form": form,
        "is_asked": access.waiting(request.actor, today).filter(turn__request=found).exists(),
        "is_open": found.state in OPEN,
        "may_recall": is_mine and found.state in (*OPEN, RequestState.APPROVED),
        "may_ask_again": is_mine and found.state == RequestState.RETURNED,
    }
    return render(request, "approvals/request.html", context)


@require_POST
@page(permission="approvals.decide")
def decide(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """On to the next that waits, so that the inbox empties."""
    form = AnswerForm(request.POST)
    if form.is_valid():
        with refusals(form):
            done = actions.decide_approval(
                actor=request.actor, request_id=request_id, **form.cleaned_data, now=timezone.now()
            )
            _say(request, done)
            return redirect(_next(request))
    return _show(request, access.request(request.actor, request_id, timezone.localdate()), form)


def _say(request: HttpRequest, done: ApprovalRequest) -> None:
    if done.state == RequestState.LAPSED:
        message = _("It was changed after it was asked for, so nothing is approved: the request lapsed.")
        notify(request, message, level=messages.WARNING)
    else:
        notify(request, SAID[RequestState(done.state)])


def _next(request: HttpRequest) -> str:
    if request.POST.get("stay"):
        return reverse("approvals:inbox")
    left = access.waiting(request.actor, timezone.localdate()).order_by("-turn__request")
    key = left.values_list("turn__request", flat=True).first()
    return reverse("approvals:request", args=[key]) if key else reverse("approvals:inbox")


@page()
def ask(request: HttpRequest, subject: str, subject_id: uuid.UUID) -> HttpResponse:
    kind = subjects.subject(subject)
    request.actor.require(kind.permission)
    if subject_id not in set(kind.seen(request.actor, [subject_id])):
        raise NotFound
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            made = actions.ask_approval(
                actor=request.actor,
                subject=subject,
                subject_id=subject_id,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
            notify(request, _("It is asked for."))
            return redirect("approvals:request", made.pk)
    context = {
        "form": form,
        "kind": kind,
        "name": kind.names([subject_id]).get(subject_id, ""),
        "matter": kind.matter(subject_id),
        "url_name": kind.url_name,
        "subject_id": subject_id,
    }
    return render(request, "approvals/ask.html", context)


@require_POST
@page()
def comment(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    actions.comment_approval(
        actor=request.actor, request_id=request_id, text=request.POST.get("text", ""), now=timezone.now()
    )
    return redirect("approvals:request", request_id)


@require_POST
@page()
def again(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    actions.ask_again(
        actor=request.actor, request_id=request_id, reason=request.POST.get("reason", ""), now=timezone.now()
    )
    notify(request, _("It is asked for."))
    return redirect("approvals:request", request_id)


@require_POST
@page()
def recall(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    actions.recall_approval(actor=request.actor, request_id=request_id, now=timezone.now())
    notify(request, _("It is taken back."))
    return redirect("approvals:request", request_id)
