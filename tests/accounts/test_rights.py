"""Roles, and that nobody gives or takes over more than he has himself."""

import datetime
import uuid
from typing import Any

import pytest

from tests.accounts.managing import NOW, invite, trace
from tests.cast import Company
from zhiyin.accounts.actions import members, roles, tokens, units
from zhiyin.accounts.errors import RoleInUse, TooMuch, UnknownPermission
from zhiyin.accounts.models import Member, Role
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import PermissionDenied


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
