"""Labels, envelopes and phone lists of the chosen customers, or of all that match."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from pydantic import ValidationError

from zhiyin.customers import actions, printing
from zhiyin.customers.actions import Selection
from zhiyin.customers.printing import ENVELOPES, LABELS, Layout, Preview, Recipient
from zhiyin.platform.errors import Invalid
from zhiyin.web.customers.views.bulk import selection_of
from zhiyin.web.http import HttpRequest, notify, page, render

WHATS = [
    ("labels", gettext_lazy("Address labels")),
    ("envelopes", gettext_lazy("Envelopes")),
    ("phones", gettext_lazy("Phone list")),
]


def _size(width: float, height: float) -> str:
    return f"{width:g} × {height:g} mm"


class PrintForm(forms.Form):
    what = forms.ChoiceField(label=gettext_lazy("What to print"), choices=WHATS, widget=forms.RadioSelect)
    labels = forms.ChoiceField(
        label=gettext_lazy("Sheet of labels"),
        choices=[
            (each.code, f"{each.name} · {each.count} · {_size(round(each.width, 1), round(each.height, 1))}")
            for each in LABELS.values()
        ],
    )
    envelopes = forms.ChoiceField(
        label=gettext_lazy("Envelope"),
        choices=[
            (each.code, f"{each.name} · {_size(each.width, each.height)}") for each in ENVELOPES.values()
        ],
    )
    order = forms.ChoiceField(
        label=gettext_lazy("Sort by"),
        choices=[("name", gettext_lazy("By name")), ("postcode", gettext_lazy("By postcode"))],
    )
    sender = forms.CharField(
        label=gettext_lazy("Sender"),
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Name, address and postcode, in lines."),
    )
    boxes = forms.BooleanField(
        label=gettext_lazy("Draw the boxes of the postcode"),
        required=False,
        help_text=gettext_lazy("Not where the envelopes have them already: then the digits go into those."),
    )
    frames = forms.BooleanField(
        label=gettext_lazy("Draw the edges of the labels"),
        required=False,
        help_text=gettext_lazy("To try it on plain paper, held against a sheet of labels."),
    )
    shift_x = forms.FloatField(
        label=gettext_lazy("Further to the right, mm"), required=False, min_value=-30, max_value=30
    )
    shift_y = forms.FloatField(
        label=gettext_lazy("Further down, mm"), required=False, min_value=-30, max_value=30
    )

    def layout(self, start: str) -> Layout:
        """What was chosen; the label to start at may be one of a sheet chosen before. Raises ``Invalid``."""
        data = self.cleaned_data
        sheet = data.get(data["what"], "")
        most = LABELS[sheet].count if data["what"] == "labels" else 1
        first = int(start) if start.isdecimal() and len(start) < 4 else 1
        try:
            return Layout(
                what=data["what"],
                sheet=sheet,
                start=min(max(first, 1), most),
                order=data["order"],
                sender=data["sender"],
                boxes=data["boxes"],
                frames=data["frames"],
                shift_x=data["shift_x"] or 0,
                shift_y=data["shift_y"] or 0,
            )
        except ValidationError as error:
            raise Invalid from error


@require_POST
@page(permission="customers.export")
def print_customers(request: HttpRequest) -> HttpResponse:
    """How it shall look, with a preview of the first sheet; ``make`` gives the PDF."""
    selection = selection_of(request, QueryDict(request.POST.get("query", "")))
    if "what" not in request.POST:
        form = PrintForm(initial=_first(request))
        return _show(request, form, Layout(), selection)
    form = PrintForm(request.POST)
    if not form.is_valid():
        return _show(request, form, Layout(), selection)
    layout = form.layout(request.POST.get("start", ""))
    return (
        _make(request, layout, selection)
        if "make" in request.POST
        else _show(request, form, layout, selection)
    )


def _first(request: HttpRequest) -> dict[str, Any]:
    return {"what": "labels", "order": "name", "sender": request.tenant.name, "boxes": True}


def _make(request: HttpRequest, layout: Layout, selection: Selection) -> HttpResponse:
    done = actions.print_customers(
        actor=request.actor, selection=selection, layout=layout, now=timezone.now()
    )
    if done.job:
        notify(request, _("The file is being written. It waits for you here."))
        return redirect("jobs:list")
    response = HttpResponse(done.pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{layout.what}.pdf"'
    return response


def _show(request: HttpRequest, form: PrintForm, layout: Layout, selection: Selection) -> HttpResponse:
    customers = actions.selected(request.actor, selection)
    preview = printing.preview(request.actor, customers, layout, timezone.now())
    context = {
        "form": form,
        "layout": layout,
        "preview": preview,
        "rows": list(_rows(layout, preview)) if layout.what == "labels" else [],
        "first": preview.recipients[:1],
        "at_once": printing.PRINT_AT_ONCE,
        "query": request.POST.get("query", ""),
        "everything": request.POST.get("all", ""),
        "ids": request.POST.getlist("ids"),
    }
    return render(request, "customers/print.html", context, partial="preview")


def _rows(layout: Layout, preview: Preview) -> Iterator[list[tuple[int, Recipient | None]]]:
    """The first sheet: each label's number, and who stands on it."""
    sheet = LABELS[layout.sheet]
    on_it: list[Recipient | None] = [None] * (layout.start - 1) + list(preview.recipients)
    on_it += [None] * sheet.count
    for row in range(sheet.rows):
        begin = row * sheet.columns
        yield [(at + 1, on_it[at]) for at in range(begin, begin + sheet.columns)]
