"""Pages of accounts: a person's own, and the company's under /settings/."""

from django.urls import path

from zhiyin.web.accounts.views import audit, company, deliveries, entrance, me, people, rights

app_name = "accounts"
urlpatterns = [
    path("company/", entrance.switch, name="switch"),
    path("me/", me.profile, name="profile"),
    path("me/security/", me.security, name="security"),
    path("me/sessions/end-others/", me.end_other_sessions, name="end_other_sessions"),
    path("me/sessions/<int:number>/end/", me.end_session, name="end_session"),
    path("me/tokens/", me.my_tokens, name="my_tokens"),
    path("me/tokens/<uuid:token_id>/revoke/", me.revoke_my_token, name="revoke_my_token"),
    path("settings/", company.settings, name="settings"),
    path("settings/company/", company.company, name="company"),
    path("settings/units/", company.units, name="units"),
    path("settings/units/<uuid:unit_id>/", company.unit, name="unit"),
    path("settings/units/<uuid:unit_id>/delete/", company.delete_unit, name="delete_unit"),
    path("settings/people/", people.users, name="users"),
    path("settings/people/invite/", people.invite, name="invite"),
    path("settings/people/<uuid:member_id>/", people.user, name="user"),
    path("settings/people/<uuid:member_id>/deactivate/", people.deactivate, name="deactivate"),
    path("settings/people/<uuid:member_id>/activate/", people.activate, name="activate"),
    path("settings/people/<uuid:member_id>/password-link/", people.password_link, name="password_link"),
    path("settings/people/<uuid:member_id>/end-sessions/", people.end_sessions, name="end_sessions"),
    path("settings/people/<uuid:member_id>/remove-factors/", people.remove_factors, name="remove_factors"),
    path("settings/roles/", rights.roles, name="roles"),
    path("settings/roles/new/", rights.create_role, name="create_role"),
    path("settings/roles/<uuid:role_id>/", rights.role, name="role"),
    path("settings/roles/<uuid:role_id>/delete/", rights.delete_role, name="delete_role"),
    path("settings/tokens/", rights.tokens, name="tokens"),
    path("settings/tokens/<uuid:token_id>/revoke/", rights.revoke_token, name="revoke_token"),
    path("settings/audit/", audit.audit, name="audit"),
    path("settings/audit/verify.py", audit.verifier, name="verifier"),
    path("settings/audit/checkpoints/", audit.checkpoint_list, name="checkpoints"),
    path("settings/audit/checkpoints/<int:size>/", audit.checkpoint, name="checkpoint"),
    path("settings/audit/checkpoints/<int:old_size>/<int:size>/", audit.growth, name="growth"),
    path("settings/audit/<uuid:entry_id>/proof/", audit.proof, name="proof"),
    path("settings/audit/check/", audit.check_audit, name="check_audit"),
    path("settings/deliveries/", deliveries.deliveries, name="deliveries"),
    path("settings/deliveries/retry/", deliveries.retry_deliveries, name="retry_deliveries"),
    path("settings/deliveries/<uuid:delivery_id>/retry/", deliveries.retry_delivery, name="retry_delivery"),
    path(
        "settings/deliveries/<uuid:delivery_id>/dismiss/",
        deliveries.dismiss_delivery,
        name="dismiss_delivery",
    ),
]
