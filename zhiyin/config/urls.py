"""All addresses: pages (``zhiyin.web.urls``, one line an app), the API, probes."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.views.defaults import page_not_found

from zhiyin.api.http import nowhere

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("zhiyin.web.urls")),
    path("api/v1/", include("zhiyin.api.urls")),
]


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Programs get the API's answer also where there is no operation."""
    if request.path.startswith("/api/"):
        return nowhere(request)
    return page_not_found(request, exception)
