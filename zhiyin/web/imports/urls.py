"""Pages of imports."""

from django.urls import path

from zhiyin.web.imports import views

app_name = "imports"
urlpatterns = [
    path("imports/", views.import_list, name="list"),
    path("imports/new/", views.start, name="start"),
    path("imports/discard/", views.discard_chosen, name="discard_chosen"),
    path("imports/profiles/", views.profile_list, name="profiles"),
    path("imports/profiles/<uuid:profile_id>/delete/", views.delete_profile, name="delete_profile"),
    path("imports/<uuid:import_id>/", views.show, name="show"),
    path("imports/<uuid:import_id>/columns/", views.columns, name="columns"),
    path("imports/<uuid:import_id>/reading/", views.reading, name="reading"),
    path("imports/<uuid:import_id>/profile/", views.use_profile, name="use_profile"),
    path("imports/<uuid:import_id>/save-profile/", views.save_profile, name="save_profile"),
    path("imports/<uuid:import_id>/apply/", views.apply, name="apply"),
    path("imports/<uuid:import_id>/undo/", views.undo, name="undo"),
    path("imports/<uuid:import_id>/discard/", views.discard, name="discard"),
    path("imports/<uuid:import_id>/refused/", views.refused, name="refused"),
]
