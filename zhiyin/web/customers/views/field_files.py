"""Files in a customer's own fields."""

import uuid
from typing import Any

from django import forms
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from zhiyin.customers import actions, queries
from zhiyin.customers.fields import PREFIX
from zhiyin.customers.models import CustomField
from zhiyin.platform import files
from zhiyin.web.http import HttpRequest, page, refusals, render


class FileForm(forms.Form):
    def __init__(self, name: str, own: CustomField, *args: Any) -> None:
        super().__init__(*args)
        accept = ",".join(f".{each}" for each in own.options)
        widget = forms.FileInput(attrs={"accept": accept} if accept else {})
        self.fields[name] = forms.FileField(label=own.label, required=False, widget=widget)


@page(permission="customers.view")
def own_file(request: HttpRequest, customer_id: uuid.UUID, field: str) -> FileResponse:
    return files.download(queries.own_file(request.actor, customer_id, field))


@page(permission="customers.edit")
def change(request: HttpRequest, customer_id: uuid.UUID, field: str) -> HttpResponse:
    """Another file in place of the one there is, or none."""
    customer, own = queries.file_field(request.actor, customer_id, field)
    form = FileForm(field, own, request.POST or None, request.FILES or None)
    if form.is_valid():
        with refusals(form):
            upload, key = form.cleaned_data[field], field.removeprefix(PREFIX)
            if upload:
                actions.attach_file(
                    actor=request.actor,
                    customer_id=customer_id,
                    key=key,
                    stream=upload,
                    name=upload.name,
                    size=upload.size,
                    now=timezone.now(),
                )
            elif "remove" in request.POST:
                actions.update_customer(
                    actor=request.actor,
                    customer_id=customer_id,
                    changes={},
                    fields={key: None},
                    now=timezone.now(),
                )
            return redirect("customers:record", customer_id)
    context = {
        "form": form,
        "bound": form[field],
        "customer": customer,
        "field": field,
        "has": own.key in customer.custom,
    }
    return render(request, "customers/file_field.html", context)
