"""People: invited, changed, shut out, and what one changes of oneself."""

import pytest
from django.test import Client

from tests.accounts.managing import NOW, invite, member_of, trace
from tests.cast import Company
from zhiyin.accounts.actions import members, preferences, roles
from zhiyin.accounts.errors import AlreadyMember, BelongsElsewhere, LastAdministrator
from zhiyin.accounts.models import User
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound


def test_an_invited_person_sets_a_password_by_the_link_and_is_in(cast: Company, gao: Actor) -> None:
    member = invite(cast, gao)
    assert member.user.email == "new@yihe.example"
    assert not member.user.has_usable_password()
    with cast.scope():
        made = members.make_password_link(actor=gao, member_id=member.id, now=NOW)
    client = Client()
    address = f"/account/password/reset/key/{made.uid}-{made.key}/"
    form_page = client.get(address).headers["Location"]
    new = {"password1": "a sentence of my own", "password2": "a sentence of my own"}
    assert client.post(form_page, {"password1": "short", "password2": "short"}).status_code == 200
    assert client.post(form_page, new).status_code == 302
    assert client.get("/").status_code == 200
    again = Client()
    assert again.get(address).context["token_fail"]
    assert trace(cast) == ["member_added", "password_link_made", "company_entered"]


def test_a_person_is_a_member_once(cast: Company, gao: Actor) -> None:
    with pytest.raises(AlreadyMember):
        invite(cast, gao, email=cast.lin.user.email.upper())


@pytest.mark.parametrize("email", ["", "nonsense", "a@b", "two@words here"])
def test_an_address_must_be_one(cast: Company, gao: Actor, email: str) -> None:
    with pytest.raises(Invalid):
        invite(cast, gao, email=email)


def test_units_and_roles_of_another_company_do_not_exist(cast: Company, other: Company, gao: Actor) -> None:
    with pytest.raises(NotFound):
        invite(cast, gao, unit_id=other.units["总部"].id)
    with pytest.raises(NotFound):
        invite(cast, gao, role_id=other.roles["agent"].id)
    with cast.scope(), pytest.raises(NotFound):
        members.deactivate_member(actor=gao, member_id=other.lin.member.id, now=NOW)


def test_who_is_known_elsewhere_keeps_the_password_and_gets_no_link_from_here(
    cast: Company, other: Company, gao: Actor
) -> None:
    """Otherwise one company's administrator could enter another company as that person."""
    before = User.objects.get(pk=other.lin.user.id).password
    member = invite(cast, gao, email=other.lin.user.email, password="chosen by somebody else")
    assert member.user_id == other.lin.user.id
    assert User.objects.get(pk=other.lin.user.id).password == before
    with cast.scope():
        for forbidden in (members.make_password_link, members.remove_second_factors):
            with pytest.raises(BelongsElsewhere):
                forbidden(actor=gao, member_id=member.id, now=NOW)


def test_a_password_given_at_once_obeys_the_rules(cast: Company, gao: Actor) -> None:
    with pytest.raises(Invalid) as refusal:
        invite(cast, gao, password="1234567890")
    assert refusal.value.field == "password"
    assert invite(cast, gao, password="five goats on a hill").user.check_password("five goats on a hill")


def test_shutting_out_ends_sessions_and_tokens_at_once(cast: Company, gao: Actor) -> None:
    assert cast.lin.client.get("/api/v1/me/").status_code == 200
    with cast.scope():
        members.deactivate_member(actor=gao, member_id=cast.lin.member.id, now=NOW)
        members.deactivate_member(actor=gao, member_id=cast.lin.member.id, now=NOW)
    assert cast.lin.client.get("/api/v1/me/").status_code == 401
    with cast.scope():
        members.activate_member(actor=gao, member_id=cast.lin.member.id, now=NOW)
    assert trace(cast) == ["member_deactivated", "member_activated"]


def test_the_last_administrator_stays(cast: Company, gao: Actor) -> None:
    with cast.scope(), pytest.raises(LastAdministrator):
        members.deactivate_member(actor=gao, member_id=cast.gao.member.id, now=NOW)
    with cast.scope(), pytest.raises(LastAdministrator):
        members.change_member(
            actor=gao, member_id=cast.gao.member.id, name="高敏", unit_id=cast.units["总部"].id,
            role_id=cast.roles["agent"].id, now=NOW,
        )  # fmt: skip
    with cast.scope(), pytest.raises(LastAdministrator):
        roles.change_role(
            actor=gao, role_id=cast.roles["administrator"].id, name="administrator",
            permissions=["audit.view"], scope="all", now=NOW,
        )  # fmt: skip
    with cast.scope(), pytest.raises(LastAdministrator):
        roles.change_role(
            actor=gao, role_id=cast.roles["administrator"].id, name="administrator",
            permissions=[], holds_all=True, scope="own", now=NOW,
        )  # fmt: skip


def test_refusals_leave_nothing_behind(cast: Company, gao: Actor) -> None:
    """As a view does it: the refusal rolls back to the savepoint around the action."""
    from django.db import transaction

    with cast.scope(), pytest.raises(LastAdministrator), transaction.atomic():
        members.deactivate_member(actor=gao, member_id=cast.gao.member.id, now=NOW)
    assert member_of(cast.gao).is_active
    assert trace(cast) == []


def test_two_change_a_person_at_once(cast: Company, gao: Actor) -> None:
    place = {"unit_id": cast.units["总部"].id, "role_id": cast.roles["agent"].id}
    with cast.scope():
        members.change_member(actor=gao, member_id=cast.lin.member.id, name="林", version=1, now=NOW, **place)
        with pytest.raises(Conflict):
            members.change_member(
                actor=gao, member_id=cast.lin.member.id, name="岚", version=1, now=NOW, **place
            )
    assert member_of(cast.lin).name == "林"


def test_one_changes_oneself(cast: Company) -> None:
    with cast.scope():
        preferences.change_profile(
            actor=cast.lin.actor,
            name="林小岚",
            language="en",
            theme="dark",
            mails=True,
            time_format="24",
            now=NOW,
        )
    assert member_of(cast.lin).name == "林小岚"
    page = cast.lin.client.get("/me/").content.decode()
    assert 'lang="en"' in page
    assert 'data-bs-theme="dark"' in page
    assert trace(cast) == ["member_changed", "preferences_changed"]
