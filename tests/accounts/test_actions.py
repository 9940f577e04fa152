"""What administrators do, what is refused, and the trace it leaves."""

import datetime
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import Company, Person
from zhiyin.accounts import access
from zhiyin.accounts.actions import company as companies
from zhiyin.accounts.actions import members, preferences, roles, tokens, units
from zhiyin.accounts.errors import (
    AlreadyMember,
    BelongsElsewhere,
    LastAdministrator,
    NameTaken,
    RoleInUse,
    TooMuch,
    UnitInUse,
    UnknownPermission,
    WouldBeCircular,
)
from zhiyin.accounts.models import ApiToken, Member, Role, Tenant, Unit, User
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, DomainError, Invalid, NotFound, PermissionDenied
from zhiyin.platform.keys import uuid7
from zhiyin.platform.models import AuditEntry, OutboxEvent
from zhiyin.platform.permissions import registered
from zhiyin.platform.tenancy import scope

NOW = datetime.datetime(2026, 11, 22, 8, tzinfo=datetime.UTC)


def trace(company: Company) -> list[str]:
    """Names of the events and of the audit entries, which must agree."""
    with company.scope():
        events = list(OutboxEvent.objects.order_by("id").values_list("name", flat=True))
        assert events == list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    return [name.removeprefix("accounts.") for name in events]


def member_of(person: Person) -> Member:
    with scope(person.tenant.id):
        return Member.objects.select_related("role", "unit").get(pk=person.member.id)


@pytest.fixture
def gao(cast: Company) -> Actor:
    return cast.gao.actor


# --- companies ---


def found(code: str = "acme", **more: Any) -> Tenant:
    values = {"name": "Acme", "currency": "EUR", "time_zone": "Europe/Berlin", "language": "en", **more}
    return companies.create_tenant(actor=Actor.system(uuid7()), code=code, now=NOW, **values)


@pytest.mark.django_db
def test_a_new_company_has_a_root_and_roles_whose_permissions_exist() -> None:
    tenant = found()
    with scope(tenant.id):
        root = Unit.objects.get()
        assert (root.name, root.path) == ("Acme", [root.id])
        names = set(Role.objects.values_list("name", flat=True))
        assert {"Administrator", "Sales manager", "Sales person"} <= names
        administrator = Role.objects.get(name="Administrator")
        assert administrator.grants == frozenset(registered())
        for role in Role.objects.all():
            assert role.grants <= registered().keys()
            assert role.grants
        assert AuditEntry.objects.get().action == "accounts.tenant_created"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "No Blanks"), ("code", ""), ("name", " "), ("currency", "yuan"), ("time_zone", "Mars/Base"),
        ("language", "xx"),
    ],
)  # fmt: skip
def test_a_company_with_nonsense_is_refused(field: str, value: str) -> None:
    with pytest.raises(Invalid) as refusal:
        found(**{field: value})
    assert refusal.value.field == field
    assert not Tenant.objects.filter(name="Acme").exists()


@pytest.mark.django_db
def test_a_code_is_given_once() -> None:
    found()
    with pytest.raises(NameTaken):
        found()
    assert Tenant.objects.filter(code="acme").count() == 1


def test_settings_change_and_the_second_of_two_is_told(cast: Company, gao: Actor) -> None:
    values = {"name": "新名", "currency": "CNY", "time_zone": "Asia/Shanghai", "language": "en"}
    with cast.scope():
        companies.change_company(actor=gao, version=1, now=NOW, **values)
        with pytest.raises(Conflict):
            companies.change_company(actor=gao, version=1, now=NOW, **{**values, "name": "别名"})
    assert Tenant.objects.get(pk=cast.tenant.id).name == "新名"
    assert trace(cast) == ["company_changed"]


# --- units ---


def test_a_moved_unit_takes_what_is_below_with_it(cast: Company, gao: Actor) -> None:
    east, south, shanghai = (cast.units[name] for name in ("华东大区", "华南大区", "上海一组"))
    with cast.scope():
        units.move_unit(actor=gao, unit_id=east.id, parent_id=south.id, now=NOW)
        assert Unit.objects.get(pk=shanghai.id).path == [
            cast.units["总部"].id,
            south.id,
            east.id,
            shanghai.id,
        ]
    assert shanghai.id in cast.ma.actor.unit_ids
    assert trace(cast) == ["unit_moved"]


@pytest.mark.parametrize("below", ["华东大区", "上海一组"])
def test_a_unit_cannot_hang_below_itself(cast: Company, gao: Actor, below: str) -> None:
    with cast.scope(), pytest.raises(WouldBeCircular):
        units.move_unit(actor=gao, unit_id=cast.units["华东大区"].id, parent_id=cast.units[below].id, now=NOW)


def test_the_topmost_unit_stays(cast: Company, gao: Actor) -> None:
    root = cast.units["总部"].id
    with cast.scope():
        with pytest.raises(DomainError):
            units.move_unit(actor=gao, unit_id=root, parent_id=cast.units["华东大区"].id, now=NOW)
        with pytest.raises(Invalid):
            units.delete_unit(actor=gao, unit_id=root, now=NOW)


def test_only_empty_units_are_deleted(cast: Company, gao: Actor) -> None:
    with cast.scope():
        with pytest.raises(UnitInUse):
            units.delete_unit(actor=gao, unit_id=cast.units["上海一组"].id, now=NOW)
        with pytest.raises(UnitInUse):
            units.delete_unit(actor=gao, unit_id=cast.units["华东大区"].id, now=NOW)
        made = units.create_unit(actor=gao, name="临时", parent_id=cast.units["总部"].id, now=NOW)
        units.delete_unit(actor=gao, unit_id=made.id, now=NOW)
        assert not Unit.objects.filter(pk=made.id).exists()
    assert trace(cast) == ["unit_created", "unit_deleted"]


def test_a_unit_with_customers_is_not_deleted(cast: Company, gao: Actor) -> None:
    from zhiyin.customers.models import Customer

    with cast.scope():
        made = units.create_unit(actor=gao, name="临时", parent_id=cast.units["总部"].id, now=NOW)
        Customer.objects.create(code="1", code_key="1", name="甲", name_key="jia", unit_id=made.id)
        with pytest.raises(UnitInUse):
            units.delete_unit(actor=gao, unit_id=made.id, now=NOW)


def test_neighbours_have_different_names_and_cousins_need_not(cast: Company, gao: Actor) -> None:
    with cast.scope():
        with pytest.raises(NameTaken):
            units.create_unit(actor=gao, name=" 华东大区 ", parent_id=cast.units["总部"].id, now=NOW)
        units.create_unit(actor=gao, name="华东大区", parent_id=cast.units["华南大区"].id, now=NOW)


def test_two_rename_a_unit_at_once(cast: Company, gao: Actor) -> None:
    unit = cast.units["华南大区"].id
    with cast.scope():
        units.rename_unit(actor=gao, unit_id=unit, name="南", version=1, now=NOW)
        with pytest.raises(Conflict):
            units.rename_unit(actor=gao, unit_id=unit, name="南方", version=1, now=NOW)


# --- people ---


def invite(cast: Company, actor: Actor, **more: Any) -> Member:
    values = {
        "email": "New@Yihe.example",
        "name": "新人",
        "unit_id": cast.units["总部"].id,
        "role_id": cast.roles["sales person"].id,
        **more,
    }
    with cast.scope():
        return members.invite_member(actor=actor, now=NOW, **values)


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


# --- rights ---


@pytest.fixture
def clerk(cast: Company) -> Actor:
    """Manages users, and may little else."""
    with cast.scope():
        role = Role.objects.create(
            name="clerk", permissions=["accounts.manage", "customers.view"], scope="all"
        )
        Member.objects.filter(pk=cast.wu.member.id).update(role=role)
    return cast.wu.actor


def test_nobody_gives_what_he_does_not_have(cast: Company, clerk: Actor) -> None:
    sales = cast.roles["sales person"]
    with cast.scope():
        with pytest.raises(TooMuch):
            roles.create_role(actor=clerk, name="x", permissions=["orders.edit"], scope="own", now=NOW)
        with pytest.raises(TooMuch):
            roles.create_role(actor=clerk, name="x", permissions=[], scope="own", holds_all=True, now=NOW)
        with pytest.raises(TooMuch):
            invite(cast, clerk, role_id=sales.id)
        with pytest.raises(TooMuch):
            tokens.create_token(
                actor=clerk, name="x", permissions=["orders.edit"], member_id=cast.lin.member.id,
                expires_at=NOW + datetime.timedelta(days=1), now=NOW,
            )  # fmt: skip


def test_nobody_takes_over_somebody_who_may_more(cast: Company, clerk: Actor) -> None:
    """A link to set the administrator's password would be the administrator's rights."""
    for action in (
        members.make_password_link,
        members.remove_second_factors,
        members.deactivate_member,
        members.end_member_sessions,
    ):
        with cast.scope(), pytest.raises(TooMuch):
            action(actor=clerk, member_id=cast.gao.member.id, now=NOW)
    with cast.scope(), pytest.raises(TooMuch):
        members.change_member(
            actor=clerk, member_id=cast.gao.member.id, name="x", unit_id=cast.units["总部"].id,
            role_id=clerk_role().id, now=NOW,
        )  # fmt: skip


@pytest.mark.parametrize("reach", ["own", "unit", "subtree"])
def test_nobody_gives_records_that_he_does_not_reach(cast: Company, clerk: Actor, reach: str) -> None:
    """A role's permissions are all the clerk's own; its records are not."""
    may = ["accounts.manage", "customers.view"]
    with cast.scope():
        Role.objects.filter(name="clerk").update(scope=reach)
        wide, own = Role.objects.create(name="wide", permissions=may, scope="all"), clerk_role()
        Member.objects.filter(pk=cast.lin.member.id).update(role=wide)
    clerk, place = cast.wu.actor, {"unit_id": cast.wu.member.unit_id, "name": "吴桐", "now": NOW}
    attempts: list[tuple[Any, dict[str, Any]]] = [
        (roles.create_role, {"name": "x", "permissions": may, "scope": "all"}),
        (roles.change_role, {"role_id": own.id, "name": "clerk", "permissions": may, "scope": "all"}),
        (roles.change_role, {"role_id": wide.id, "name": "wide", "permissions": [], "scope": "own"}),
        (roles.delete_role, {"role_id": wide.id}),
        (members.change_member, {"member_id": cast.wu.member.id, "role_id": wide.id, **place}),
        (members.make_password_link, {"member_id": cast.lin.member.id}),
        (members.deactivate_member, {"member_id": cast.lin.member.id}),
        (tokens.create_token, {
            "member_id": cast.lin.member.id, "name": "x", "permissions": may,
            "expires_at": NOW + datetime.timedelta(days=1),
        }),
    ]  # fmt: skip
    for action, values in attempts:
        with cast.scope(), pytest.raises(TooMuch):
            action(actor=clerk, **({"now": NOW} | values))
    with cast.scope(), pytest.raises(TooMuch):
        invite(cast, clerk, role_id=wide.id)
    assert trace(cast) == []


@pytest.mark.parametrize("reach", ["own", "unit", "subtree"])
def test_who_reaches_a_part_has_no_say_elsewhere(cast: Company, clerk: Actor, reach: str) -> None:
    """Equal in rank, in another unit: a password link would be the records of that unit."""
    with cast.scope():
        Role.objects.filter(name="clerk").update(scope=reach)
        same = clerk_role()
        Member.objects.filter(pk=cast.lin.member.id).update(role=same)
    clerk, top, south = cast.wu.actor, cast.units["总部"].id, cast.units["华南大区"].id
    attempts: list[tuple[Any, dict[str, Any]]] = [
        (members.make_password_link, {"member_id": cast.lin.member.id}),
        (members.change_member, {
            "member_id": cast.wu.member.id, "name": "吴桐", "unit_id": top, "role_id": same.id,
        }),
        (units.move_unit, {"unit_id": cast.units["上海一组"].id, "parent_id": south}),
    ]  # fmt: skip
    for action, values in attempts:
        with cast.scope(), pytest.raises(TooMuch):
            action(actor=clerk, now=NOW, **values)
    assert trace(cast) == []


def test_who_manages_a_part_manages_that_part(cast: Company, clerk: Actor) -> None:
    with cast.scope():
        Role.objects.filter(name="clerk").update(scope="subtree")
        Member.objects.filter(pk=cast.lin.member.id).update(role=clerk_role(), unit=cast.units["华南大区"])
        members.make_password_link(actor=cast.wu.actor, member_id=cast.lin.member.id, now=NOW)
    assert trace(cast) == ["password_link_made"]


def clerk_role() -> Role:
    return Role.objects.get(name="clerk")


def test_a_role_in_use_stays_and_a_changed_one_works_at_once(cast: Company, gao: Actor) -> None:
    with cast.scope():
        with pytest.raises(RoleInUse):
            roles.delete_role(actor=gao, role_id=cast.roles["agent"].id, now=NOW)
        roles.change_role(
            actor=gao, role_id=cast.roles["agent"].id, name="agent", permissions=["orders.view"], scope="own",
            version=1, now=NOW,
        )  # fmt: skip
    assert cast.an.client.get("/api/v1/me/").json()["permissions"] == ["orders.view"]
    assert trace(cast) == ["role_changed"]


def test_a_permission_that_does_not_exist_is_refused(cast: Company, gao: Actor) -> None:
    with cast.scope(), pytest.raises(UnknownPermission):
        roles.create_role(actor=gao, name="x", permissions=["all.things"], scope="own", now=NOW)


@pytest.mark.parametrize("name", ["lin", "chen", "ma", "wu", "an", "xu"])
def test_without_the_permission_nothing_is_changed(cast: Company, name: str) -> None:
    actor = getattr(cast, name).actor
    key = uuid.uuid4()
    attempts: list[tuple[Any, dict[str, Any]]] = [
        (units.create_unit, {"name": "x", "parent_id": key}),
        (units.rename_unit, {"unit_id": key, "name": "x"}),
        (units.move_unit, {"unit_id": key, "parent_id": key}),
        (units.delete_unit, {"unit_id": key}),
        (roles.create_role, {"name": "x", "permissions": [], "scope": "own"}),
        (roles.change_role, {"role_id": key, "name": "x", "permissions": [], "scope": "own"}),
        (roles.delete_role, {"role_id": key}),
        (members.deactivate_member, {"member_id": key}),
        (members.activate_member, {"member_id": key}),
        (members.make_password_link, {"member_id": key}),
        (members.end_member_sessions, {"member_id": key}),
        (members.remove_second_factors, {"member_id": key}),
    ]
    for action, values in attempts:
        with cast.scope(), pytest.raises(PermissionDenied):
            action(actor=actor, now=NOW, **values)
    assert trace(cast) == []


# --- tokens and oneself ---


def test_a_token_is_made_works_and_is_revoked(cast: Company) -> None:
    now = timezone.now()
    with cast.scope():
        made = tokens.create_token(
            actor=cast.lin.actor, name="shop", permissions=["orders.view"],
            expires_at=now + datetime.timedelta(days=30), now=now,
        )  # fmt: skip
        stored = ApiToken.objects.get()
    assert made.text not in (stored.prefix, bytes(stored.digest).hex())
    assert made.text[3:24] == access.token_text(cast.tenant.id, b"x" * 24)[3:24]
    client = Client(headers={"authorization": f"Bearer {made.text}"})
    assert client.get("/api/v1/me/").json()["permissions"] == ["orders.view"]
    with cast.scope():
        tokens.revoke_token(actor=cast.lin.actor, token_id=stored.id, now=now)
    assert client.get("/api/v1/me/").status_code == 401
    assert trace(cast) == ["token_created", "token_revoked"]


def test_a_token_makes_no_tokens(cast: Company) -> None:
    now = timezone.now()
    until = now + datetime.timedelta(days=30)
    with cast.scope():
        made = tokens.create_token(
            actor=cast.gao.actor, name="x", permissions=["accounts.manage"], expires_at=until, now=now
        )
    client = Client(headers={"authorization": f"Bearer {made.text}"})
    body = {"name": "y", "permissions": [], "expires_at": until.isoformat()}
    assert client.post("/api/v1/tokens/", body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("days", [0, -1, 400])
def test_a_token_ends_within_a_year(cast: Company, days: int) -> None:
    with cast.scope(), pytest.raises(Invalid):
        tokens.create_token(
            actor=cast.lin.actor,
            name="x",
            permissions=[],
            expires_at=NOW + datetime.timedelta(days=days),
            now=NOW,
        )


def test_nobody_revokes_the_token_of_another(cast: Company) -> None:
    with cast.scope():
        made = tokens.create_token(
            actor=cast.lin.actor,
            name="x",
            permissions=[],
            expires_at=NOW + datetime.timedelta(days=1),
            now=NOW,
        )
        with pytest.raises(NotFound):
            tokens.revoke_token(actor=cast.chen.actor, token_id=made.token.id, now=NOW)
        tokens.revoke_token(actor=cast.gao.actor, token_id=made.token.id, now=NOW)


def test_one_changes_oneself(cast: Company) -> None:
    with cast.scope():
        preferences.change_profile(
            actor=cast.lin.actor, name="林小岚", language="en", theme="dark", time_format="24", now=NOW
        )
    assert member_of(cast.lin).name == "林小岚"
    page = cast.lin.client.get("/me/").content.decode()
    assert 'lang="en"' in page
    assert 'data-bs-theme="dark"' in page
    assert trace(cast) == ["member_changed", "preferences_changed"]
