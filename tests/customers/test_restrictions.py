"""Restriction: the data are only kept, out of contact, export, analysis and what the program decides by itself."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest

from tests.cast import Company
from zhiyin.analytics.actions import run_analysis
from zhiyin.analytics.models import CustomerValue
from zhiyin.commerce.models import Order
from zhiyin.customers import access, actions, queries
from zhiyin.customers.actions import PoolRules, ProtectionRules, Selection
from zhiyin.customers.actions.duplicates import _merge_sure
from zhiyin.customers.actions.restrictions import AlreadyRestricted
from zhiyin.customers.choices import ConsentChannel
from zhiyin.customers.filters.consents import contactable
from zhiyin.customers.models import Customer, Purpose
from zhiyin.customers.printing import Layout
from zhiyin.platform import files, jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Invalid, PermissionDenied
from zhiyin.platform.models import AuditEntry, Job

Now = datetime.datetime
DAY = datetime.timedelta(days=1)


@pytest.fixture
def keys(cast: Company, now: Now) -> tuple[uuid.UUID, uuid.UUID]:
    """Two of 林岚's; the first is restricted."""
    with cast.scope():
        made = [
            actions.create_customer(actor=cast.lin.actor, name=name, code=name, now=now).pk
            for name in ("限制者", "自由者")
        ]
        for key in made:
            actions.add_contact(
                actor=cast.lin.actor, customer_id=key, kind="phone", value="13912345678", now=now
            )
        _restrict(cast, made[0], now)
    return made[0], made[1]


def _restrict(cast: Company, key: uuid.UUID, now: Now) -> uuid.UUID:
    return actions.restrict_customer(actor=cast.ma.actor, customer_id=key, reason="待核实", now=now).pk


def test_it_has_a_reason_once_and_is_ended_by_who_may(
    cast: Company, keys: tuple[uuid.UUID, uuid.UUID], now: Now
) -> None:
    key, other = keys
    with cast.scope():
        with pytest.raises(AlreadyRestricted):
            _restrict(cast, key, now)
        with pytest.raises(Invalid):
            actions.restrict_customer(actor=cast.ma.actor, customer_id=other, reason=" ", now=now)
        [found] = queries.restrictions_of(key)
        with pytest.raises(PermissionDenied):
            actions.end_restriction(actor=cast.lin.actor, customer_id=key, restriction_id=found.pk, now=now)
        for _again in range(2):
            actions.end_restriction(actor=cast.gao.actor, customer_id=key, restriction_id=found.pk, now=now)
        assert access.unrestricted(Customer.objects.filter(pk=key)).exists()
        _restrict(cast, key, now)
        entries = AuditEntry.objects.filter(action="customers.restriction_changed", subject_id=key)
        assert entries.count() == 3


def test_nobody_may_contact_whom_it_holds(cast: Company, keys: tuple[uuid.UUID, uuid.UUID], now: Now) -> None:
    key, other = keys
    with cast.scope():
        allowing = [each for each in Purpose.objects.all() if each.basis != "consent"]
        assert allowing
        for purpose in allowing:
            for channel in ConsentChannel.values:
                assert not queries.standing(key).verdict(purpose, channel).allowed
                assert queries.standing(other).verdict(purpose, channel).allowed
                found = Customer.objects.filter(contactable(purpose, channel), pk__in=keys)
                assert [each.pk for each in found] == [other]


def test_no_export_and_no_print_has_them_and_says_so(
    cast: Company, keys: tuple[uuid.UUID, uuid.UUID], now: Now
) -> None:
    chosen = Selection(keys)
    with cast.scope():
        job = actions.export_customers(
            actor=cast.gao.actor, selection=chosen, columns=["name", "code"], style="csv", now=now
        )
    done = jobs.run_now(job)
    with cast.scope():
        assert done.result is not None
        text = files.open(uuid.UUID(done.result["file"])).read().decode("utf-8-sig")
        assert ("限制者" in text, "自由者" in text) == (False, True)
        assert done.result["rows"] == 1
        assert "1" in Job.objects.get(pk=job.pk).message
        begun = actions.print_in_background(
            actor=cast.gao.actor, selection=chosen, layout=Layout(what="phones"), now=now
        )
        assert begun.arguments["selection"]["ids"] == [str(keys[1])]


def test_analysis_leaves_them_out_and_their_status_alone(cast: Company, now: Now) -> None:
    with cast.scope():
        made = [actions.create_customer(actor=cast.gao.actor, name=f"客户{n}", now=now).pk for n in range(6)]
        for place, key in enumerate(made):
            for back in (400, 200, 30 + place):
                Order.objects.create(
                    number=f"{place}-{back}",
                    customer_id=key,
                    ordered_at=now - back * DAY,
                    currency="CNY",
                    total=Decimal(100),
                )
    system = Actor.system(cast.tenant.pk)
    run_analysis(actor=system, now=now)
    with cast.scope():
        before = Customer.objects.get(pk=made[0]).status
        assert before != "potential"
        assert CustomerValue.objects.count() == 6
        restriction = actions.restrict_customer(
            actor=cast.gao.actor, customer_id=made[0], reason="待核实", now=now
        ).pk
        assert CustomerValue.objects.count() == 5
    assert run_analysis(actor=system, now=now + DAY).fresh
    with cast.scope():
        assert set(CustomerValue.objects.values_list("customer_id", flat=True)) == set(made[1:])
        assert Customer.objects.get(pk=made[0]).status == before
        actions.end_restriction(
            actor=cast.gao.actor, customer_id=made[0], restriction_id=restriction, now=now + DAY
        )
    assert run_analysis(actor=system, now=now + 2 * DAY).fresh
    with cast.scope():
        assert CustomerValue.objects.count() == 6


def test_nobody_is_reclaimed_by_the_program_meanwhile(
    cast: Company, keys: tuple[uuid.UUID, uuid.UUID], now: Now
) -> None:
    with cast.scope():
        gao = cast.gao.actor
        actions.create_pool(actor=gao, rules=PoolRules("公海"), now=now)
        actions.create_protection_rule(actor=gao, rules=ProtectionRules(name="一般", days=30), now=now)
        actions.refresh_holdings(cast.tenant.id, now)
        actions.reclaim_now(actor=gao, now=now + 40 * DAY)
        owners = [Customer.objects.get(pk=key).owner_id for key in keys]
        assert owners == [cast.lin.member.pk, None]


def test_the_program_merges_nobody_meanwhile(
    cast: Company, keys: tuple[uuid.UUID, uuid.UUID], now: Now
) -> None:
    with cast.scope():
        pair: Any = (*sorted(keys), 1.0, {})
        assert _merge_sure(cast.gao.actor, [pair], 0.99, now) == 0
        [found] = queries.restrictions_of(keys[0])
        actions.end_restriction(actor=cast.gao.actor, customer_id=keys[0], restriction_id=found.pk, now=now)
        assert _merge_sure(cast.gao.actor, [pair], 0.99, now) == 1
