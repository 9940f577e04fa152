"""Who may do what with accounts."""

import datetime
import os
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from tests.cast import Company
from tests.permissions.table import Row
from zhiyin.accounts.models import ApiToken, Member, Role, Unit, User
from zhiyin.platform.actions import make_checkpoint
from zhiyin.platform.models import AuditLeaf

NOBODY = {"uidb36": "0", "key": "set-password"}
# columns: anonymous, lin, chen, ma, wu, an, xu, gao, other gao
MANAGERS = "302 403*6 200 200"
MANAGERS_OF_IT = "302 403*6 200 404"
CHANGED = "302 403*6 302 302"
CHANGED_IT = "302 403*6 302 404"
SIGNED_IN = "302 200*8"
IT = "401 403*6 200 404"


def chen(company: Company) -> Mapping[str, Any]:
    return {"member_id": company.chen.member.id}


def a_shut_out_person(company: Company) -> Mapping[str, Any]:
    user = User.objects.create(email="gone@yihe.example")
    unit, role = company.units["总部"], company.roles["agent"]
    return {
        "member_id": Member.objects.create(user=user, name="去", unit=unit, role=role, is_active=False).id
    }


def empty_unit(company: Company) -> Mapping[str, Any]:
    root = company.units["总部"]
    unit = Unit(name="空", parent=root)
    unit.path = [root.id, unit.id]
    unit.save(force_insert=True)
    return {"unit_id": unit.id}


def empty_role(company: Company) -> Mapping[str, Any]:
    return {"role_id": Role.objects.create(name="空").id}


def a_token(company: Company) -> Mapping[str, Any]:
    """Of lin."""
    token = ApiToken.objects.create(
        member=company.lin.member,
        name="t",
        prefix="t",
        digest=os.urandom(32),
        expires_at=timezone.now() + datetime.timedelta(days=1),
    )
    return {"token_id": token.id}


def two_checkpoints(company: Company) -> Mapping[str, Any]:
    old, new = (make_checkpoint(actor=company.gao.actor, now=timezone.now()) for _ in range(2))
    return {"old_size": old.size, "size": new.size}


def a_checkpoint(company: Company) -> Mapping[str, Any]:
    return {"size": two_checkpoints(company)["size"]}


def an_entry(company: Company) -> Mapping[str, Any]:
    two_checkpoints(company)
    return {"entry_id": AuditLeaf.objects.order_by("-sequence")[0].entry_id}


def place(company: Company, _arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "name": "陈晨晨",
        "unit": str(company.units["华南大区"].id),
        "role": str(company.roles["agent"].id),
    }


def newcomer(company: Company, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**place(company, arguments), "email": "new@yihe.example"}


def a_place(company: Company, _arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "name": "陈晨晨",
        "unit_id": str(company.units["华南大区"].id),
        "role_id": str(company.roles["agent"].id),
    }


def a_newcomer(company: Company, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**a_place(company, arguments), "email": "new@yihe.example"}


def a_unit(company: Company, _arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"name": "新", "parent_id": str(company.units["总部"].id)}


def a_key(_company: Company, _arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    until = timezone.now() + datetime.timedelta(days=30)
    return {"name": "新", "permissions": ["orders.view"], "expires_at": until.isoformat()}


def a_key_for_lin(company: Company, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**a_key(company, arguments), "member_id": str(company.lin.member.id)}


def below_root(company: Company, _arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"name": "新", "parent": str(company.units["总部"].id)}


A_ROLE = {"name": "新", "scope": "own", "permissions": ["orders.view"]}
A_TOKEN = {"name": "新", "days": "30", "permissions": ["orders.view"]}
COMPANY = {"name": "新", "currency": "USD", "time_zone": "Asia/Tokyo", "language": "en"}
ME = {"name": "新", "language": "en", "theme": "dark", "time_format": "24"}

ROWS = [
    # one's own pages
    Row("GET", "accounts:switch", SIGNED_IN),
    Row("POST", "accounts:switch", SIGNED_IN, data={"tenant": "nonsense"}),
    Row("GET", "accounts:profile", SIGNED_IN),
    Row("POST", "accounts:profile", "302*9", data=ME),
    Row("GET", "accounts:security", SIGNED_IN),
    Row("POST", "accounts:end_session", "302*9", given=lambda _company: {"number": 1}),
    Row("POST", "accounts:end_other_sessions", "302*9"),
    Row("GET", "accounts:my_tokens", SIGNED_IN),
    Row("POST", "accounts:my_tokens", SIGNED_IN, data=A_TOKEN),
    Row(
        "POST",
        "accounts:my_tokens",
        "302 422*5 200 200*2",
        data={**A_TOKEN, "permissions": ["insight.run"]},
        note="more than one has",
    ),
    Row("POST", "accounts:revoke_my_token", "302 302 404*5 302 404", given=a_token),
    # the company's
    Row("GET", "accounts:settings", "302 404 404 302 404*3 302 302"),
    Row("GET", "accounts:company", MANAGERS),
    Row("POST", "accounts:company", CHANGED, data=COMPANY),
    Row("GET", "accounts:units", MANAGERS),
    Row("POST", "accounts:units", "302 403*6 302 422", data=below_root),
    Row("GET", "accounts:unit", MANAGERS_OF_IT, given=empty_unit),
    Row("POST", "accounts:unit", CHANGED_IT, given=empty_unit, data=below_root),
    Row("POST", "accounts:delete_unit", CHANGED_IT, given=empty_unit),
    Row("GET", "accounts:users", MANAGERS),
    Row("GET", "accounts:invite", MANAGERS),
    Row("POST", "accounts:invite", "302 403*6 200 422", data=newcomer),
    Row("GET", "accounts:user", MANAGERS_OF_IT, given=chen),
    Row("POST", "accounts:user", CHANGED_IT, given=chen, data=place),
    Row("POST", "accounts:deactivate", CHANGED_IT, given=chen),
    Row("POST", "accounts:activate", CHANGED_IT, given=a_shut_out_person),
    Row("POST", "accounts:password_link", MANAGERS_OF_IT, given=chen),
    Row("POST", "accounts:end_sessions", CHANGED_IT, given=chen),
    Row("POST", "accounts:remove_factors", CHANGED_IT, given=chen),
    Row("GET", "accounts:roles", MANAGERS),
    Row("GET", "accounts:create_role", MANAGERS),
    Row("POST", "accounts:create_role", CHANGED, data=A_ROLE),
    Row("GET", "accounts:role", MANAGERS_OF_IT, given=empty_role),
    Row("POST", "accounts:role", CHANGED_IT, given=empty_role, data=A_ROLE),
    Row("POST", "accounts:delete_role", CHANGED_IT, given=empty_role),
    Row("GET", "accounts:tokens", MANAGERS),
    Row(
        "POST",
        "accounts:tokens",
        "302 403*6 200 422",
        data=lambda company, _arguments: {**A_TOKEN, "member": str(company.lin.member.id)},
    ),
    Row("POST", "accounts:revoke_token", CHANGED_IT, given=a_token),
    Row("GET", "accounts:audit", MANAGERS),
    Row("GET", "accounts:check_audit", MANAGERS),
    Row("POST", "accounts:check_audit", CHANGED),
    Row("GET", "accounts:verifier", MANAGERS),
    Row("GET", "accounts:checkpoints", MANAGERS),
    Row("POST", "accounts:checkpoints", CHANGED),
    Row("GET", "accounts:checkpoint", MANAGERS_OF_IT, given=a_checkpoint),
    Row("GET", "accounts:growth", MANAGERS_OF_IT, given=two_checkpoints),
    Row("GET", "accounts:proof", MANAGERS_OF_IT, given=an_entry),
    # signing in and out, second factors: django-allauth's
    Row("GET", "account_login", "200 302*8"),
    Row("POST", "account_login", "200 302*8", data={"login": "lin@yihe.example", "password": "wrong"}),
    Row("GET", "account_logout", "302 200*8"),
    Row("POST", "account_logout", "302*9"),
    Row("GET", "account_inactive", "200*9"),
    Row("GET", "account_reauthenticate", SIGNED_IN),
    Row("GET", "account_change_password", SIGNED_IN),
    Row("GET", "account_reset_password", "200*9"),
    Row("GET", "account_reset_password_done", "200*9"),
    Row("GET", "account_reset_password_from_key", "200*9", given=lambda _company: NOBODY),
    Row("GET", "account_reset_password_from_key_done", "200*9"),
    Row("GET", "mfa_index", "302*9"),
    Row("GET", "mfa_authenticate", "302*9"),
    Row("GET", "mfa_reauthenticate", "302*9"),
    Row("GET", "mfa_activate_totp", "302*9"),
    Row("GET", "mfa_deactivate_totp", "302 404*8"),
    Row("GET", "mfa_view_recovery_codes", "302 404*8"),
    Row("GET", "mfa_generate_recovery_codes", "302*9"),
    Row("GET", "mfa_download_recovery_codes", "302 404*8"),
    Row("GET", "mfa_list_webauthn", SIGNED_IN),
    Row("GET", "mfa_add_webauthn", "302*9"),
    Row("GET", "mfa_login_webauthn", "302*9"),
    Row("GET", "mfa_reauthenticate_webauthn", "302*9"),
    Row("GET", "mfa_edit_webauthn", "302*9", given=lambda _company: {"pk": 1}),
    Row("GET", "mfa_remove_webauthn", "302*9", given=lambda _company: {"pk": 1}),
    # operations
    Row("GET", "api:me", "401 200*8"),
    Row("GET", "api:get_company", "401 403*6 200*2"),
    Row("PUT", "api:put_company", "401 403*6 200*2", data=COMPANY),
    Row("GET", "api:list_people", "401 403*6 200*2"),
    Row("POST", "api:invite_person", "401 403*6 201 404", data=a_newcomer),
    Row("GET", "api:get_person", IT, given=chen),
    Row("PUT", "api:put_person", IT, given=chen, data=a_place),
    Row("POST", "api:deactivate_person", IT, given=chen),
    Row("POST", "api:activate_person", IT, given=a_shut_out_person),
    Row("POST", "api:make_password_link", IT, given=chen),
    Row("POST", "api:end_person_sessions", IT, given=chen),
    Row("POST", "api:remove_person_factors", IT, given=chen),
    Row("GET", "api:list_units", "401 403*6 200*2"),
    Row("POST", "api:create_unit", "401 403*6 201 404", data=a_unit),
    Row("PATCH", "api:change_unit", IT, given=empty_unit, data={"name": "改"}),
    Row("DELETE", "api:delete_unit", "401 403*6 204 404", given=empty_unit),
    Row("GET", "api:list_roles", "401 403*6 200*2"),
    Row("POST", "api:create_role", "401 403*6 201*2", data=A_ROLE),
    Row("GET", "api:get_role", IT, given=empty_role),
    Row("PUT", "api:put_role", IT, given=empty_role, data=A_ROLE),
    Row("DELETE", "api:delete_role", "401 403*6 204 404", given=empty_role),
    Row("GET", "api:list_tokens", "401 200*8"),
    Row("GET", "api:list_tokens", "401 403*6 200*2", query="mine=false", note="of all"),
    Row("POST", "api:create_token", "401 201*8", data=a_key),
    Row("POST", "api:create_token", "401 201 403*5 201 404", data=a_key_for_lin, note="for lin"),
    Row("DELETE", "api:revoke_token", "401 204 404*5 204 404", given=a_token),
    Row("GET", "api:list_audit", "401 403*6 200*2"),
    Row("GET", "api:get_audit_key", "401 403*6 200*2"),
    Row("GET", "api:list_checkpoints", "401 403*6 200*2"),
    Row("POST", "api:sign_audit_log", "401 403*6 201*2"),
    Row("GET", "api:prove_growth", IT, given=two_checkpoints),
    Row("GET", "api:prove_entry", IT, given=an_entry),
]
