"""Pages of approvals."""

from django.urls import path

from zhiyin.web.approvals import absences, rules, views

app_name = "approvals"
urlpatterns = [
    path("approvals/", views.inbox, name="inbox"),
    path("approvals/ask/<str:subject>/<uuid:subject_id>/", views.ask, name="ask"),
    path("approvals/absences/", absences.absences, name="absences"),
    path("approvals/absences/<uuid:absence_id>/remove/", absences.remove, name="remove_absence"),
    path("approvals/<uuid:request_id>/", views.show, name="request"),
    path("approvals/<uuid:request_id>/decide/", views.decide, name="decide"),
    path("approvals/<uuid:request_id>/comment/", views.comment, name="comment"),
    path("approvals/<uuid:request_id>/again/", views.again, name="ask_again"),
    path("approvals/<uuid:request_id>/recall/", views.recall, name="recall"),
    path("settings/approvals/", rules.rules, name="rules"),
    path("settings/approvals/new/", rules.create, name="create_rule"),
    path("settings/approvals/order/", rules.order, name="order_rules"),
    path("settings/approvals/<uuid:rule_id>/", rules.change, name="change_rule"),
    path("settings/approvals/<uuid:rule_id>/archive/", rules.archive, name="archive_rule"),
    path("settings/approvals/<uuid:rule_id>/restore/", rules.restore, name="restore_rule"),
]
