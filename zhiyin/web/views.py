"""The pages that belong to no app: the first page, a person's preferences, the pieces on show."""

from django.conf import settings
from django.http import HttpRequest as DjangoRequest
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from zhiyin.platform.actors import Actor
from zhiyin.platform.keys import uuid7
from zhiyin.web import showcase
from zhiyin.web.http import HttpRequest, page, render

YEAR = 365 * 24 * 3600


@page()
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html")


@require_POST
def preferences(request: DjangoRequest) -> HttpResponse:
    """Keep the language in a cookie and, of a person who is signed in, on the person."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR, samesite="Lax", secure=request.is_secure()
        )
        if request.user.is_authenticated:
            request.user.language = language
            request.user.save(update_fields=["language"])
    return response


def components(request: HttpRequest) -> HttpResponse:
    """Every piece that pages are made of, for who develops them (only with DEBUG)."""
    request.actor = getattr(request, "actor", None) or Actor.system(uuid7(), "林岚")
    return render(
        request, "components.html", showcase.context(), partial=request.GET.get("partial"), status=200
    )
