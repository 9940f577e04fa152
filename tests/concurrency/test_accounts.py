"""Two administrators at the same time: real connections, and a control without the guard that must fail."""

import datetime
import threading
import uuid
from collections.abc import Callable
from unittest import mock

import pytest
from django.db import connections, transaction
from django.test import RequestFactory

from tests.cast import Company, company
from zhiyin.accounts import throttle
from zhiyin.accounts.actions import guards, members, units
from zhiyin.accounts.errors import LastAdministrator, WouldBeCircular
from zhiyin.accounts.models import Member, SignInAttempt, Unit
from zhiyin.platform.errors import DomainError

NOW = datetime.datetime(2026, 11, 22, 8, tzinfo=datetime.UTC)
pytestmark = pytest.mark.usefixtures("committed")


def own_company() -> Company:
    return company(f"c{uuid.uuid4().hex[:12]}")


def both(cast: Company, first: Callable[[], object], second: Callable[[], object]) -> list[type[DomainError]]:
    """Run both in transactions of their own, each holding its own until the other has begun; the refusals."""
    refusals: list[type[DomainError]] = []
    begun = threading.Barrier(2)

    def run(action: Callable[[], object]) -> None:
        try:
            with cast.scope():
                begun.wait(timeout=10)
                action()
        except DomainError as refusal:
            refusals.append(type(refusal))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(action,)) for action in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return refusals


def shut_one_another_out(cast: Company) -> list[type[DomainError]]:
    with cast.scope():
        Member.objects.filter(pk=cast.lin.member.id).update(role=cast.roles["administrator"])
    gao, lin = cast.gao.actor, cast.lin.actor
    return both(
        cast,
        lambda: members.deactivate_member(actor=gao, member_id=cast.lin.member.id, now=NOW),
        lambda: members.deactivate_member(actor=lin, member_id=cast.gao.member.id, now=NOW),
    )


def administrators(cast: Company) -> int:
    with cast.scope():
        return Member.objects.filter(role=cast.roles["administrator"], is_active=True).count()


def test_two_administrators_cannot_shut_one_another_out() -> None:
    cast = own_company()
    assert shut_one_another_out(cast) == [LastAdministrator]
    assert administrators(cast) == 1


def test_control_without_the_lock_both_are_shut_out() -> None:
    cast = own_company()
    met = threading.Barrier(2)

    def check_then_meet() -> None:
        guards.require_administrator_left()
        met.wait(timeout=10)

    with (
        mock.patch.object(members, "lock_company"),
        mock.patch.object(members, "require_administrator_left", check_then_meet),
    ):
        assert shut_one_another_out(cast) == []
    assert administrators(cast) == 0


def close_a_circle(cast: Company) -> list[type[DomainError]]:
    gao = cast.gao.actor
    east, south = cast.units["华东大区"].id, cast.units["华南大区"].id
    return both(
        cast,
        lambda: units.move_unit(actor=gao, unit_id=east, parent_id=south, now=NOW),
        lambda: units.move_unit(actor=gao, unit_id=south, parent_id=east, now=NOW),
    )


def is_a_tree(cast: Company) -> bool:
    with cast.scope():
        parents = dict(Unit.objects.values_list("id", "parent_id"))
    for unit in parents:
        seen, step = set(), unit
        while parents[step] is not None:
            if step in seen:
                return False
            seen.add(step)
            step = parents[step]
    return True


def test_two_moves_cannot_close_a_circle() -> None:
    cast = own_company()
    assert close_a_circle(cast) == [WouldBeCircular]
    assert is_a_tree(cast)


def test_control_without_the_locks_two_moves_close_a_circle() -> None:
    cast = own_company()
    met = threading.Barrier(2)

    def read_then_meet(queryset, key, version=None):  # type: ignore[no-untyped-def]
        row = queryset.get(pk=key)
        if queryset.query.select_related is False:  # the new parent, read after the moved one
            met.wait(timeout=10)
        return row

    # the foreign keys' own locks would see the circle as a deadlock; the paths are what is tested
    with (
        mock.patch.object(units, "lock_company"),
        mock.patch.object(units, "locked", read_then_meet),
        mock.patch.object(Unit, "save", lambda unit, **_options: moved.append((unit.id, unit.parent_id))),
    ):
        moved: list[tuple[uuid.UUID, uuid.UUID]] = []
        assert close_a_circle(cast) == []
    assert sorted(moved) == sorted((parent, unit) for unit, parent in moved)


def test_many_guesses_at_once_are_no_more_than_one_after_another() -> None:
    email = f"{uuid.uuid4().hex}@yihe.example"
    request = RequestFactory().post("/account/login/", REMOTE_ADDR=f"10.{uuid.uuid4().int % 200}.3.4")
    start, allowed, guard = threading.Barrier(16), [0], threading.Lock()

    def guess() -> None:
        start.wait(timeout=10)
        try:
            throttle.begin(request, email, NOW)
            with guard:
                allowed[0] += 1
        except throttle.TooManyTries:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guess) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert 0 < allowed[0] <= 10
    with transaction.atomic():
        assert SignInAttempt.objects.filter(tried_at=NOW).count() >= allowed[0]
