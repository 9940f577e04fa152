"""Two who decide at one moment, and a change or a recall at the moment of a yes; each with its control."""

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

import pytest
from django.db import OperationalError, connections
from django.utils import timezone

from tests.approvals.things import CODE, Things, ask, decide, named, rule, things
from tests.cast import Company, company
from zhiyin.approvals import access, actions
from zhiyin.approvals.actions import deciding
from zhiyin.approvals.choices import RequestState
from zhiyin.approvals.models import ApprovalRequest
from zhiyin.platform.errors import DomainError
from zhiyin.platform.tenancy import scope


@pytest.fixture
def shop(committed: None) -> Company:
    return company(f"shop-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def stock() -> Iterator[Things]:
    with things() as made:
        yield made


def _at_once(shop: Company, steps: Sequence[Callable[[], object]]) -> list[str]:
    """Run steps in connections of their own; what became of each."""
    outcomes: list[str] = []
    begin = threading.Barrier(len(steps), timeout=30)

    def attempt(step: Callable[[], object]) -> None:
        try:
            with scope(shop.tenant.id):
                ApprovalRequest.objects.exists()
                begin.wait()
                step()
            outcomes.append("done")
        except DomainError as error:
            outcomes.append(type(error).__name__)
        except OperationalError:  # two who write without the lock may also wait for each other
            outcomes.append("deadlock")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=attempt, args=[step]) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(outcomes)


def _asked(shop: Company, stock: Things, mode: str) -> ApprovalRequest:
    with shop.scope():
        rule(shop, named(shop.ma, shop.gao, mode=mode))
        return ask(shop.lin, stock.make())


def _now(shop: Company, request: ApprovalRequest) -> ApprovalRequest:
    with shop.scope():
        return ApprovalRequest.objects.get(pk=request.pk)


def _without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: everybody reads the request as it was, waits for the other's read, then answers."""
    both = threading.Barrier(2, timeout=30)
    read = access.request

    def unlocked(*args: object, **_kwargs: object) -> ApprovalRequest:
        found = read(*args)  # type: ignore[arg-type]
        both.wait()
        return found

    monkeypatch.setattr(access, "request", unlocked)


def _together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has answered before either looks at who answered besides."""
    both, answer = threading.Barrier(2, timeout=30), deciding._answer

    def then_wait(*args: object) -> None:
        answer(*args)  # type: ignore[arg-type]
        both.wait()

    monkeypatch.setattr(deciding, "_answer", then_wait)


def test_of_two_who_decide_at_once_the_first_holds(shop: Company, stock: Things) -> None:
    made = _asked(shop, stock, "any")
    outcomes = _at_once(shop, [lambda: decide(shop.ma, made), lambda: decide(shop.gao, made, "rejected")])
    assert outcomes == ["Decided", "done"]
    with shop.scope():
        assert made.acts.exclude(did="asked").count() == 1


def test_without_the_lock_nobody_is_told_that_it_is_decided(
    shop: Company, stock: Things, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the test above finds a missing lock."""
    made = _asked(shop, stock, "any")
    _without_lock(monkeypatch)
    outcomes = _at_once(shop, [lambda: decide(shop.ma, made), lambda: decide(shop.gao, made, "rejected")])
    assert "done" in outcomes
    assert "Decided" not in outcomes


def test_of_all_who_agree_at_once_the_last_ends_it(shop: Company, stock: Things) -> None:
    made = _asked(shop, stock, "all")
    outcomes = _at_once(shop, [lambda: decide(shop.ma, made), lambda: decide(shop.gao, made)])
    assert outcomes == ["done", "done"]
    assert _now(shop, made).state == RequestState.APPROVED


def test_without_the_lock_all_agree_and_it_waits_for_ever(
    shop: Company, stock: Things, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the test above finds a missing lock."""
    made = _asked(shop, stock, "all")
    _without_lock(monkeypatch)
    _together(monkeypatch)
    _at_once(shop, [lambda: decide(shop.ma, made), lambda: decide(shop.gao, made)])
    assert _now(shop, made).state == RequestState.PENDING


def _change(shop: Company, stock: Things, key: uuid.UUID) -> None:
    stock.put(key, amount=Decimal(900_000))
    actions.note_changed(actor=shop.lin.actor, subject=CODE, subject_id=key, now=timezone.now())


def test_what_changes_at_the_moment_of_a_yes_is_not_approved(shop: Company, stock: Things) -> None:
    made = _asked(shop, stock, "any")
    outcomes = _at_once(shop, [lambda: decide(shop.ma, made), lambda: _change(shop, stock, made.subject_id)])
    assert "done" in outcomes
    assert _now(shop, made).state == RequestState.LAPSED


def test_a_recall_at_the_moment_of_a_yes_holds(shop: Company, stock: Things) -> None:
    made = _asked(shop, stock, "any")
    outcomes = _at_once(
        shop,
        [
            lambda: decide(shop.ma, made),
            lambda: actions.recall_approval(actor=shop.lin.actor, request_id=made.pk, now=timezone.now()),
        ],
    )
    assert outcomes in (["done", "done"], ["Decided", "done"])
    assert _now(shop, made).state == RequestState.RECALLED
