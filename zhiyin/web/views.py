"""Pages of no app: a person's preferences, and the pieces on show."""

from collections.abc import Container

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from zhiyin.accounts.actions.preferences import choose_preferences
from zhiyin.accounts.choices import Theme
from zhiyin.platform.actors import Actor
from zhiyin.platform.keys import uuid7
from zhiyin.web.http import HttpRequest, render

YEAR = 365 * 24 * 3600


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep the language or theme in a cookie, for this browser, and with the person who is signed in."""
    chosen = {
        "language": _one_of(request.POST.get("language"), dict(settings.LANGUAGES)),
        "theme": _one_of(request.POST.get("theme"), Theme.values),
    }
    actor = getattr(request, "actor", None)
    if actor is not None and any(chosen.values()):
        language, theme = chosen["language"], chosen["theme"]
        choose_preferences(actor=actor, language=language, theme=theme, now=timezone.now())
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response = HttpResponse(status=204) if request.htmx else HttpResponseRedirect(target)
    for name, value in chosen.items():
        if value:
            response.set_cookie(
                f"zhiyin_{name}", value, max_age=YEAR, samesite="Lax", secure=request.is_secure()
            )
    return response


def _one_of(value: str | None, allowed: Container[str]) -> str | None:
    return value if value is not None and value in allowed else None


def components(request: HttpRequest) -> HttpResponse:
    """Every piece that pages are made of, for who develops them (only with DEBUG)."""
    # no process loads made-up data for a page that only DEBUG has
    from zhiyin.web import showcase

    request.actor = getattr(request, "actor", None) or Actor.system(uuid7(), "林岚")
    return render(
        request, "components.html", showcase.context(), partial=request.GET.get("partial"), status=200
    )
