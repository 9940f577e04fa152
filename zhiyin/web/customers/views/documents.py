"""Documents of a customer: the tab of the record, links, and the page that a link's recipient sees."""

import datetime
import uuid
from typing import Any

from django import forms
from django.http import HttpRequest as DjangoRequest
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.shortcuts import render as render_bare
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from zhiyin.accounts.models import Tenant
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import LINK_START
from zhiyin.customers.models import Customer
from zhiyin.platform import files
from zhiyin.platform.tenancy import scope
from zhiyin.platform.tokens import tenant_of
from zhiyin.web.http import HttpRequest, notify, page, refusals, render


class DocumentForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200, required=False)
    file = forms.FileField(label=gettext_lazy("File"))


class LinkForm(forms.Form):
    recipient = forms.CharField(label=gettext_lazy("For whom"), max_length=100)
    until = forms.DateField(
        label=gettext_lazy("Good until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def documents_tab(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    now = timezone.now()
    shown = []
    for document in queries.documents(request.actor, customer.pk):
        links = [
            {"link": link, "is_good": not link.revoked_at and (not link.expires_at or link.expires_at > now)}
            for link in document.links.all()
        ]
        shown.append({"document": document, "versions": list(document.versions.all()), "links": links})
    return {"documents": shown, "form": DocumentForm()}


def _tab(customer_id: uuid.UUID) -> str:
    return f"{reverse('customers:record', args=[customer_id])}?tab=documents"


@page(permission="customers.edit")
def add(request: HttpRequest, customer_id: uuid.UUID) -> HttpResponse:
    """A new document, or with ``document`` a further version of one."""
    customer = access.customer(request.actor, customer_id)
    form = DocumentForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        with refusals(form):
            upload = form.cleaned_data["file"]
            actions.add_document(
                actor=request.actor,
                customer_id=customer_id,
                title=form.cleaned_data["title"],
                stream=upload,
                name=upload.name,
                now=timezone.now(),
            )
            notify(request, _("The document is kept."))
            return redirect(_tab(customer_id))
    return render(request, "customers/document_form.html", {"form": form, "customer": customer})


@page(permission="customers.edit")
def add_version(request: HttpRequest, customer_id: uuid.UUID, document_id: uuid.UUID) -> HttpResponse:
    document = access.document(request.actor, customer_id, document_id)
    form = DocumentForm(request.POST or None, request.FILES or None)
    del form.fields["title"]
    if form.is_valid():
        with refusals(form):
            upload = form.cleaned_data["file"]
            version = actions.add_document_version(
                actor=request.actor,
                customer_id=customer_id,
                document_id=document_id,
                stream=upload,
                name=upload.name,
                now=timezone.now(),
            )
            notify(request, _("Version %s is what the links show now.") % version.number)
            return redirect(_tab(customer_id))
    context = {"form": form, "customer": document.customer, "document": document}
    return render(request, "customers/document_form.html", context)


@page(permission="customers.edit")
def give_link(request: HttpRequest, customer_id: uuid.UUID, document_id: uuid.UUID) -> HttpResponse:
    """A link for one recipient; its address is shown this once."""
    document = access.document(request.actor, customer_id, document_id)
    form = LinkForm(request.POST or None, initial={"recipient": document.customer.name})
    context = {"form": form, "customer": document.customer, "document": document}
    if form.is_valid():
        with refusals(form):
            made = actions.give_link(
                actor=request.actor,
                customer_id=customer_id,
                document_id=document_id,
                recipient=form.cleaned_data["recipient"],
                expires_at=_end_of(form.cleaned_data["until"]),
                now=timezone.now(),
            )
            path = reverse("customers:shown_document", args=[made.token])
            context["address"] = request.build_absolute_uri(path)
    return render(request, "customers/document_link.html", context)


def _end_of(day: datetime.date | None) -> datetime.datetime | None:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.max)) if day else None


@require_POST
@page(permission="customers.edit")
def revoke_link(
    request: HttpRequest, customer_id: uuid.UUID, document_id: uuid.UUID, link_id: uuid.UUID
) -> HttpResponse:
    actions.revoke_link(
        actor=request.actor,
        customer_id=customer_id,
        document_id=document_id,
        link_id=link_id,
        now=timezone.now(),
    )
    notify(request, _("The link leads nowhere any more."))
    return redirect(_tab(customer_id))


@require_POST
@page(permission="customers.edit")
def remove(request: HttpRequest, customer_id: uuid.UUID, document_id: uuid.UUID) -> HttpResponse:
    document = actions.remove_document(
        actor=request.actor, customer_id=customer_id, document_id=document_id, now=timezone.now()
    )
    undo = reverse("customers:restore_document", args=[customer_id, document_id])
    notify(request, _("“%s” is removed; its links lead nowhere.") % document, undo=undo)
    return redirect(_tab(customer_id))


@require_POST
@page(permission="customers.edit")
def restore(request: HttpRequest, customer_id: uuid.UUID, document_id: uuid.UUID) -> HttpResponse:
    actions.restore_document(
        actor=request.actor, customer_id=customer_id, document_id=document_id, now=timezone.now()
    )
    notify(request, _("The document is back."))
    return redirect(_tab(customer_id))


@page(permission="customers.view")
def version_file(
    request: HttpRequest, customer_id: uuid.UUID, document_id: uuid.UUID, number: int
) -> HttpResponseBase:
    return files.download(queries.document_file(request.actor, customer_id, document_id, number))


@never_cache
def shown_document(request: DjangoRequest, token: str) -> HttpResponse:
    """What a recipient sees first: nothing is noted until he asks for the file, since mail programs look at links."""
    tenant_id = tenant_of(LINK_START, token)
    if tenant_id is None:
        return _no_document(request)
    with scope(tenant_id):
        link = actions.good_link(token, timezone.now())
        if link is None:
            return _no_document(request)
        version = link.document.versions.select_related("file").latest("number")
        context = {
            "link": link,
            "version": version,
            "company": Tenant.objects.get(pk=tenant_id).name,
            "token": token,
        }
        return render_bare(request, "customers/shown_document.html", context)


@require_POST
@never_cache
def opened_document(request: DjangoRequest, token: str) -> HttpResponseBase:
    """The file itself; the opening is noted."""
    tenant_id = tenant_of(LINK_START, token)
    if tenant_id is None:
        return _no_document(request)
    with scope(tenant_id):
        stored = actions.open_link(
            token=token, program=request.headers.get("User-Agent", ""), now=timezone.now()
        )
        return files.download(stored) if stored else _no_document(request)


def _no_document(request: DjangoRequest) -> HttpResponse:
    return render_bare(request, "customers/shown_document.html", status=404)
