"""Pages of insight."""

from django.urls import path

from zhiyin.web.insight import views

app_name = "insight"
urlpatterns = [
    path("insight/", views.overview, name="overview"),
    path("insight/run/", views.run, name="run"),
    path("insight/settings/", views.settings, name="settings"),
    path("insight/analyses/", views.history, name="history"),
    path("insight/analyses/<uuid:analysis_id>/", views.analysis, name="analysis"),
    path("insight/customers/<uuid:customer_id>/", views.value, name="value"),
]
