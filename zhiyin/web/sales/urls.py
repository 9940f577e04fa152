"""Pages of sales."""

from django.urls import path

from zhiyin.web.sales.views import opportunities

app_name = "sales"
urlpatterns = [
    path("sales/opportunities/", opportunities.opportunity_list, name="opportunities"),
    path("sales/opportunities/filters/", opportunities.filters, name="opportunity_filters"),
    path("sales/opportunities/columns/", opportunities.columns, name="opportunity_columns"),
    path("sales/opportunities/views/", opportunities.save_view, name="save_opportunity_view"),
    path(
        "sales/opportunities/views/<uuid:view_id>/", opportunities.change_view, name="change_opportunity_view"
    ),
    path(
        "sales/opportunities/views/<uuid:view_id>/delete/",
        opportunities.delete_view,
        name="delete_opportunity_view",
    ),
    path("sales/opportunities/new/", opportunities.create, name="opportunity_create"),
    path("sales/opportunities/buyers/", opportunities.buyers, name="opportunity_buyers"),
    path("sales/opportunities/<uuid:opportunity_id>/", opportunities.opportunity, name="opportunity"),
    path("sales/opportunities/<uuid:opportunity_id>/edit/", opportunities.edit, name="opportunity_edit"),
    path("sales/opportunities/<uuid:opportunity_id>/move/", opportunities.move, name="opportunity_move"),
    path(
        "sales/opportunities/<uuid:opportunity_id>/remove/", opportunities.remove, name="opportunity_remove"
    ),
    path(
        "sales/opportunities/<uuid:opportunity_id>/restore/",
        opportunities.restore,
        name="opportunity_restore",
    ),
]
