"""All pages. Each folder's ``urls.py`` names its own ``app_name``; add one ``include`` line for it here."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from zhiyin.web import notifications, search, today, views

shell = [
    path("", today.home, name="home"),
    path("search/", search.search, name="search"),
    path("notifications/", notifications.listed, name="notifications"),
    path("notifications/bell/", notifications.bell, name="bell"),
    path("notifications/seen/", notifications.see_all, name="see_all"),
    path("notifications/<uuid:notification_id>/", notifications.follow, name="follow"),
    path("preferences/", views.preferences, name="preferences"),
]
if settings.DEBUG:
    shell.append(path("_components/", views.components, name="components"))

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((shell, "web"))),
    path("", include("zhiyin.web.jobs.urls")),
    path("", include("zhiyin.web.customers.urls")),
    path("", include("zhiyin.web.activities.urls")),
    path("", include("zhiyin.web.approvals.urls")),
    path("", include("zhiyin.web.commerce.urls")),
    path("", include("zhiyin.web.sales.urls")),
    path("", include("zhiyin.web.accounts.urls")),
    path("", include("zhiyin.web.insight.urls")),
    path("", include("zhiyin.web.imports.urls")),
    path("account/", include("zhiyin.web.accounts.sign_in_urls")),
]
