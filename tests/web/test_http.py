"""What a refusal looks like to a browser and to htmx, and that it leaves nothing behind."""

import json
from collections.abc import Callable

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.http import HttpResponse, HttpResponseBase
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from tests.cast import Company
from zhiyin.accounts.models import Unit
from zhiyin.platform.errors import Conflict, Invalid
from zhiyin.web import showcase
from zhiyin.web.http import HttpRequest, notify, page, refusals, render

HTMX = {"HTTP_HX_REQUEST": "true"}


def asked(company: Company | None, method: str = "GET", **headers: str) -> HttpRequest:
    request = getattr(RequestFactory(), method.lower())("/here/", **headers)
    request.session = SessionStore()
    request._messages = FallbackStorage(request)
    request.htmx = HtmxDetails(request)
    request.actor = company.lin.actor if company else None
    request.user = company.lin.user if company else AnonymousUser()
    return request


def refusing(error: Exception) -> Callable[[HttpRequest], HttpResponseBase]:
    @page()
    def view(request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            Unit.objects.create(name="half-done")
        raise error

    return view


def triggers(response: HttpResponseBase) -> dict[str, object]:
    return json.loads(response.headers["HX-Trigger"])


def test_a_stranger_is_sent_to_sign_in_and_comes_back() -> None:
    response = refusing(Invalid())(asked(None))
    assert response.status_code == 302
    assert response.headers["Location"].endswith("?next=/here/")


def test_htmx_is_told_to_go_to_sign_in() -> None:
    request = asked(None, **HTMX, HTTP_HX_CURRENT_URL="http://testserver/customers/")
    response = refusing(Invalid())(request)
    assert response.headers["HX-Redirect"].endswith("?next=/customers/")


@pytest.mark.django_db
def test_a_missing_permission_is_a_friendly_page(cast: Company) -> None:
    @page(permission="accounts.manage")
    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse("secret")

    response = view(asked(cast))
    assert response.status_code == 403
    assert isinstance(response, HttpResponse)
    assert b"secret" not in response.content
    assert b"<h1>" in response.content


@pytest.mark.django_db
def test_a_refusal_names_the_field_to_htmx(cast: Company) -> None:
    with cast.scope():
        response = refusing(Invalid("Too long.", field="name"))(asked(cast, "POST", **HTMX))
        assert response.status_code == 400
        assert triggers(response) == {"field-error": {"field": "name", "message": "Too long."}}
        assert not Unit.objects.filter(name="half-done").exists()


@pytest.mark.django_db
def test_a_refusal_without_a_field_is_a_toast(cast: Company) -> None:
    with cast.scope():
        response = refusing(Conflict("Taken."))(asked(cast, "POST", **HTMX))
    assert response.status_code == 409
    assert triggers(response) == {
        "toasts": {"value": [{"message": "Taken.", "level": "error", "undo": None}]}
    }


@pytest.mark.django_db
def test_without_htmx_the_form_comes_back_with_the_sentence(cast: Company) -> None:
    request = asked(cast, "POST", HTTP_REFERER="http://testserver/customers/new/")
    with cast.scope():
        response = refusing(Conflict("Taken."))(request)
        assert not Unit.objects.filter(name="half-done").exists()
    assert (response.status_code, response.headers["Location"]) == (302, "http://testserver/customers/new/")
    assert [str(each) for each in request._messages] == ["Taken."]  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_another_sites_address_is_never_returned_to(cast: Company) -> None:
    with cast.scope():
        response = refusing(Conflict("Taken."))(asked(cast, "POST", HTTP_REFERER="http://evil.example/"))
    assert response.status_code == 409


@pytest.mark.django_db
def test_messages_reach_htmx_at_once_with_their_undo(cast: Company) -> None:
    @page()
    def view(request: HttpRequest) -> HttpResponse:
        notify(request, "Deleted.", undo="/restore/")
        return HttpResponse("")

    response = view(asked(cast, **HTMX))
    toast = {"message": "Deleted.", "level": "success", "undo": "/restore/"}
    assert triggers(response) == {"toasts": {"value": [toast]}}


class NameForm(forms.Form):
    name = forms.CharField()


@pytest.mark.django_db
@pytest.mark.parametrize(("field", "place"), [("name", "name"), ("elsewhere", "__all__"), (None, "__all__")])
def test_refusals_become_errors_of_the_form(cast: Company, field: str | None, place: str) -> None:
    form = NameForm({"name": "x"})
    assert form.is_valid()
    with cast.scope():
        with refusals(form):
            Unit.objects.create(name="half-done")
            raise Invalid("No.", field=field)
        assert not Unit.objects.filter(name="half-done").exists()
    assert form.errors[place] == ["No."]


@pytest.mark.django_db
def test_htmx_gets_the_piece_and_a_browser_the_page(cast: Company) -> None:
    whole = render(asked(cast), "components.html", showcase.context(), partial="list", status=200)
    piece = render(asked(cast, **HTMX), "components.html", showcase.context(), partial="list", status=200)
    boosted = render(
        asked(cast, **HTMX, HTTP_HX_BOOSTED="true"), "components.html", showcase.context(), partial="list"
    )
    assert b"<html" in whole.content
    assert piece.content.strip().startswith(b'<div class="list" id="list"')
    assert b"<html" in boosted.content
    assert "HX-Request" in piece.headers["Vary"]
