"""Erasing persons, and the certificates of it."""

import io
import uuid
from collections.abc import Mapping

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from zhiyin.customers import actions, queries
from zhiyin.customers.choices import ContactKind, ErasureBasis
from zhiyin.customers.models import Erasure
from zhiyin.customers.suppression import CODE
from zhiyin.platform.models import Job
from zhiyin.platform.pdf import FONTS, write_pdf
from zhiyin.web.http import HttpRequest, notify, page, refusals, render

PARTS: dict[str, str | Promise] = {
    "customers.Customer": _("Customer files"),
    "customers.ContactPoint": _("Contact points"),
    "customers.SensitiveValue": _("Sensitive values"),
    "customers.Note": _("Notes"),
    "customers.TimelineEvent": _("Timeline entries"),
    "customers.Document": _("Documents"),
    "customers.Consent": _("Consents"),
    "customers.Relation": _("Relations"),
    "customers.CustomerTag": _("Tags"),
    "customers.Share": _("Shares"),
    "customers.StatusChange": _("Changes of status"),
    "customers.Suspect": _("Possible duplicates"),
    "customers.Merge": _("Merges"),
    "analytics.CustomerValue": _("Results of analysis"),
    "activities.Task": _("Tasks"),
    "activities.FollowUp": _("Follow-ups"),
    "activities.Participant": _("Parts in appointments"),
    "platform.StoredFile": _("Files of the customer"),
    "imports.ImportChange": _("Values kept to undo imports"),
    "swept": _("Texts of others, blotted out"),
    "files": _("Files with many, emptied"),
}
OTHER = _("Other records")
KINDS = [
    (CODE, _("Code")),
    *((kind.value, kind.label) for kind in ContactKind if kind != ContactKind.ADDRESS),
]


def counted(parts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Names and numbers of what went, what has no name of its own together at the end."""
    rows = [(str(label), parts[name]) for name, label in PARTS.items() if parts.get(name)]
    rest = sum(count for name, count in parts.items() if name not in PARTS)
    return [*rows, (str(OTHER), rest)] if rest else rows


class ErasureForm(forms.Form):
    basis = forms.ChoiceField(label=_("Why"), choices=ErasureBasis.choices)
    reference = forms.CharField(
        label=_("Where the reasons are kept"),
        max_length=100,
        required=False,
        help_text=_("Such as the number of a letter. Not who it is: this stays."),
    )
    code = forms.CharField(
        label=_("The customer's code, once more"),
        max_length=64,
        help_text=_("Nothing brings back who was erased."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@page(permission="customers.erase")
def erasure(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    customer, parts = queries.erasable(request.actor, customer_id)
    form = ErasureForm(request.POST or None)
    if form.is_valid():
        with refusals(form):
            done = actions.ask_erasure(
                actor=request.actor, customer_id=customer_id, now=timezone.now(), **form.cleaned_data
            )
            return redirect("customers:erased", done.pk)
    context = {"customer": customer, "parts": counted(parts), "form": form}
    return render(request, "customers/erasure.html", context)


@page(permission="customers.erase")
def erasures(request: HttpRequest) -> HttpResponse:
    asked = {name: request.GET.get(name, "").strip().replace("\0", "") for name in ("text", "kind", "value")}
    found = queries.erasures(request.actor, text=asked["text"], after=request.GET.get("after", ""))
    since = None
    if asked["value"] and asked["kind"] in dict(KINDS):
        since = queries.suppressed_since(request.actor, asked["kind"], asked["value"])
    return render(
        request, "customers/erasures.html", {"page": found, "kinds": KINDS, "since": since, **asked}
    )


@page(permission="customers.erase")
def erased(request: HttpRequest, erasure_id: uuid.UUID) -> HttpResponse:
    found = queries.erasure(request.actor, erasure_id)
    job = Job.objects.filter(pk=found.job_id).first() if found.job_id else None
    return render(request, "customers/erased.html", {**_certificate(request, found), "job": job})


@page(permission="customers.erase")
def certificate(request: HttpRequest, erasure_id: uuid.UUID) -> HttpResponse:
    """As PDF."""
    found = queries.erasure(request.actor, erasure_id)
    stream = io.BytesIO()
    context = _certificate(request, found)
    write_pdf([lambda _pages: render_to_string("customers/erased_pdf.html", context)], stream, _PRINTED)
    response = HttpResponse(stream.getvalue(), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{found.number}.pdf"'
    return response


_PRINTED = (
    f"@page{{size:A4;margin:22mm 20mm}}body{{font-family:{FONTS};font-size:10.5pt;line-height:1.5}}"
    "h1{font-size:18pt;margin:0 0 2mm}h2{font-size:12pt;margin:7mm 0 2mm}"
    "dl{display:grid;grid-template-columns:70mm 1fr;gap:1mm 4mm;margin:0}dt{color:#555}dd{margin:0}"
    "code{font-size:8.5pt;word-break:break-all}"
)


def _certificate(request: HttpRequest, found: Erasure) -> dict[str, object]:
    return {"erasure": found, "parts": counted(found.parts), "company": request.tenant.name}


@require_POST
@page(permission="customers.erase")
def lift(request: HttpRequest) -> HttpResponse:
    actions.lift_suppression(
        actor=request.actor,
        now=timezone.now(),
        **{name: request.POST.get(name, "").replace("\0", "") for name in ("kind", "value", "reason")},
    )
    notify(request, _("The block is lifted: the person can be entered again."))
    return redirect("customers:erasures")
