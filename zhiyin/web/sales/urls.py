"""Pages of sales."""

from django.urls import path

from zhiyin.web.sales.views import (
    board,
    forecast,
    funnel,
    lead_forms,
    lead_rules,
    leads,
    opportunities,
    pipelines,
    targets,
    territories,
)

app_name = "sales"
urlpatterns = [
    path("sales/leads/", leads.lead_list, name="leads"),
    path("sales/leads/columns/", leads.columns, name="lead_columns"),
    path("sales/leads/views/", leads.save_view, name="save_lead_view"),
    path("sales/leads/views/<uuid:view_id>/", leads.change_view, name="change_lead_view"),
    path("sales/leads/views/<uuid:view_id>/delete/", leads.delete_view, name="delete_lead_view"),
    path("sales/leads/new/", leads.create, name="lead_create"),
    path("sales/leads/<uuid:lead_id>/", leads.lead, name="lead"),
    path("sales/leads/<uuid:lead_id>/edit/", leads.edit, name="lead_edit"),
    path("sales/leads/<uuid:lead_id>/state/<slug:state>/", leads.set_state, name="lead_state"),
    path("sales/leads/<uuid:lead_id>/convert/", leads.convert, name="lead_convert"),
    path("sales/leads/<uuid:lead_id>/remove/", leads.remove, name="lead_remove"),
    path("sales/leads/<uuid:lead_id>/restore/", leads.restore, name="lead_restore"),
    path("settings/lead-rules/", lead_rules.lead_rules, name="lead_rules"),
    path("settings/lead-rules/<uuid:rule_id>/", lead_rules.lead_rule, name="lead_rule"),
    path("settings/lead-rules/<uuid:rule_id>/archive/", lead_rules.archive, name="archive_lead_rule"),
    path("settings/lead-rules/<uuid:rule_id>/restore/", lead_rules.restore, name="restore_lead_rule"),
    path("settings/lead-forms/", lead_forms.lead_forms, name="lead_forms"),
    path("settings/lead-forms/<uuid:form_id>/", lead_forms.lead_form, name="lead_form"),
    path("settings/lead-forms/<uuid:form_id>/archive/", lead_forms.archive, name="archive_lead_form"),
    path("settings/lead-forms/<uuid:form_id>/restore/", lead_forms.restore, name="restore_lead_form"),
    path("f/<str:key>/", lead_forms.fill_in, name="fill_in"),
    path("settings/pipelines/", pipelines.pipelines, name="pipelines"),
    path("settings/pipelines/reasons/", pipelines.reasons, name="close_reasons"),
    path("settings/pipelines/<uuid:pipeline_id>/", pipelines.pipeline, name="pipeline"),
    path("sales/board/", board.board, name="board"),
    path("sales/board/lane/", board.board_lane, name="board_lane"),
    path("sales/board/<uuid:opportunity_id>/move/", board.board_move, name="board_move"),
    path("sales/funnel/", funnel.funnel, name="funnel"),
    path("sales/forecast/", forecast.forecast, name="forecast"),
    path("sales/forecast/take/", forecast.take, name="take_forecast"),
    path("sales/targets/", targets.targets, name="targets"),
    path("sales/targets/edit/", targets.edit, name="edit_targets"),
    path("sales/targets/copy/", targets.copy, name="copy_targets"),
    path("sales/targets/<uuid:target_id>/remove/", targets.remove, name="remove_target"),
    path("sales/territories/", territories.territories, name="territories"),
    path("sales/territories/new/", territories.create, name="create_territory"),
    path("sales/territories/<uuid:territory_id>/", territories.change, name="change_territory"),
    path("sales/territories/<uuid:territory_id>/archive/", territories.archive, name="archive_territory"),
    path("sales/territories/<uuid:territory_id>/restore/", territories.restore, name="restore_territory"),
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
