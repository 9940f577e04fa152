"""All addresses: pages (``zhiyin.web.urls``, one line an app), the API, probes."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("zhiyin.web.urls")),
    path("api/v1/", include("zhiyin.api.urls")),
]
