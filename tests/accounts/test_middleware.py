"""From a session or a token to the actor and the tenant's transaction."""

import datetime
import secrets

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import Company, Person
from zhiyin.accounts import access
from zhiyin.accounts.models import ApiToken, Member, Role, Unit
from zhiyin.platform.tenancy import as_user, scope
from zhiyin.platform.tokens import digest

ME = "/api/v1/me/"


def token_for(person: Person, permissions: list[str], **more: object) -> str:
    text = access.token_text(person.tenant.id, secrets.token_bytes(24))
    values = {"expires_at": timezone.now() + datetime.timedelta(days=1), **more}
    with scope(person.tenant.id):
        ApiToken.objects.create(
            member=person.member, name="t", prefix=text[:12], digest=digest(text),
            permissions=permissions, **values,
        )  # fmt: skip
    return text


def bearer(token: str) -> Client:
    return Client(headers={"authorization": f"Bearer {token}"})


def test_a_session_becomes_an_actor_with_its_units(cast: Company) -> None:
    me = cast.ma.client.get(ME).json()
    assert me["name"] == "马超"
    assert me["scope"] == "subtree"
    assert set(me["unit_ids"]) == {str(cast.units["华东大区"].id), str(cast.units["上海一组"].id)}


def test_without_a_session_nobody_acts(db: None) -> None:
    answer = Client().get(ME)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not_signed_in"


def test_a_request_takes_three_statements_before_its_own(
    cast: Company, django_assert_num_queries: object
) -> None:
    cast.lin.client.get(ME)
    # session, savepoint (BEGIN when not in a test), tenant, who, restored tenant, release
    with django_assert_num_queries(6):  # type: ignore[operator]
        cast.lin.client.get(ME)


def test_what_is_taken_away_is_gone_at_once(cast: Company) -> None:
    assert "orders.view" in cast.lin.client.get(ME).json()["permissions"]
    with cast.scope():
        Role.objects.filter(pk=cast.roles["sales person"].id).update(permissions=[])
    assert cast.lin.client.get(ME).json()["permissions"] == []
    with cast.scope():
        Member.objects.filter(pk=cast.lin.member.id).update(is_active=False)
    assert cast.lin.client.get(ME).status_code == 401


def test_a_session_ends_with_the_password_it_was_opened_with(cast: Company) -> None:
    cast.lin.client.get(ME)
    cast.lin.user.set_password("another good password")
    cast.lin.user.save()
    assert cast.lin.client.get(ME).status_code == 401


def test_a_session_cannot_name_somebody_elses_company(cast: Company, other: Company) -> None:
    session = cast.lin.client.session
    session[access.TENANT_KEY] = str(other.tenant.id)
    session.save()
    assert cast.lin.client.get(ME).status_code == 401


def test_a_token_has_no_more_than_both_its_own_and_its_members_permissions(cast: Company) -> None:
    token = token_for(cast.lin, ["customers.view", "accounts.manage"])
    me = bearer(token).get(ME).json()
    assert me["kind"] == "token"
    assert me["permissions"] == ["customers.view"]


@pytest.mark.parametrize("broken", ["", "zy_", "zy_!!!", "zy_AAAA", "nothing", "zy_" + "A" * 200])
def test_what_is_no_token_opens_nothing(cast: Company, broken: str) -> None:
    assert bearer(broken).get(ME).status_code == 401


def test_expired_revoked_and_orphaned_tokens_open_nothing(cast: Company) -> None:
    past = timezone.now() - datetime.timedelta(seconds=1)
    assert bearer(token_for(cast.lin, [], expires_at=past)).get(ME).status_code == 401
    assert bearer(token_for(cast.lin, [], revoked_at=past)).get(ME).status_code == 401
    token = token_for(cast.lin, [])
    assert bearer(token).get(ME).status_code == 200
    with cast.scope():
        Member.objects.filter(pk=cast.lin.member.id).update(is_active=False)
    assert bearer(token).get(ME).status_code == 401


def test_a_token_with_another_tenant_written_into_it_opens_nothing(cast: Company, other: Company) -> None:
    secret = secrets.token_bytes(24)
    text = access.token_text(cast.tenant.id, secret)
    with cast.scope():
        ApiToken.objects.create(
            member=cast.gao.member, name="t", prefix="t", digest=digest(text),
            expires_at=timezone.now() + datetime.timedelta(days=1),
        )  # fmt: skip
    assert bearer(text).get(ME).status_code == 200
    assert bearer(access.token_text(other.tenant.id, secret)).get(ME).status_code == 401


def test_a_token_does_not_open_pages(cast: Company) -> None:
    assert bearer(token_for(cast.gao, ["accounts.manage"])).get("/").status_code == 302


def test_tokens_tell_when_they_were_last_used(cast: Company) -> None:
    bearer(token_for(cast.lin, [])).get(ME)
    with cast.scope():
        assert ApiToken.objects.get().last_used_at is not None


def test_one_company_is_entered_at_once_and_of_several_one_is_chosen(cast: Company, other: Company) -> None:
    client = Client()
    client.force_login(cast.lin.user)
    assert client.get(ME).json()["tenant_id"] == str(cast.tenant.id)
    with other.scope():
        Member.objects.create(
            user=cast.lin.user, name="岚", unit=other.lin.member.unit, role=other.roles["agent"]
        )
    client = Client()
    client.force_login(cast.lin.user)
    assert client.get("/").headers["Location"] == "/company/"
    page = client.get("/company/").content.decode()
    assert "颐和电器" in page
    assert "北辰商贸" in page
    client.post("/company/", {"tenant": str(other.tenant.id)})
    assert client.get(ME).json()["tenant_id"] == str(other.tenant.id)


def test_a_company_one_does_not_belong_to_cannot_be_chosen(cast: Company, other: Company) -> None:
    cast.lin.client.post("/company/", {"tenant": str(other.tenant.id)})
    assert cast.lin.client.get(ME).json()["tenant_id"] == str(cast.tenant.id)


def test_outside_a_scope_a_person_sees_memberships_of_his_own_only(cast: Company, other: Company) -> None:
    assert [tenant.code for tenant, _name in access.memberships(cast.lin.user.id)] == ["yihe"]
    with as_user(cast.lin.user.id):
        assert Member.objects.count() == 1
        assert not Role.objects.exists()
        assert not Unit.objects.exists()
