"""Customers who may be one are found, told with their evidence, decided on, and merged unseen where the rules say so."""

import contextlib
import datetime
import inspect
import re
import uuid
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override

from tests.cast import Company, company
from tests.chinese_customers import Generator
from zhiyin.analytics.methods.linkage import comparing
from zhiyin.customers import actions, queries
from zhiyin.customers.choices import Verdict
from zhiyin.customers.models import Customer, CustomField, Merge, Suspect
from zhiyin.customers.queries.duplicates import LEVELS
from zhiyin.platform.errors import DomainError, Invalid, PermissionDenied
from zhiyin.platform.jobs import run_now

Now = datetime.datetime


@pytest.fixture
def shop(inside: Company, now: Now) -> dict[str, str]:
    """Three hundred invented customers; who each is, by the customer's key."""
    gao, who = inside.gao.actor, {}
    CustomField.objects.create(key="birthday", label="生日", type="date")
    for row in Generator(3).make(300).to_pylist():
        born = {"birthday": row["生日"]} if row["生日"] else {}
        made = actions.create_customer(actor=gao, name=row["姓名"], city=row["城市"] or "", now=now)
        Customer.objects.filter(pk=made.pk).update(custom=born)
        for kind, value in (("phone", row["手机"]), ("email", row["邮箱"]), ("address", row["地址"])):
            if value:
                with contextlib.suppress(DomainError):
                    actions.add_contact(actor=gao, customer_id=made.pk, kind=kind, value=value, now=now)
        who[str(made.pk)] = row["客户"]
    return who


def _search(inside: Company, now: Now) -> dict[str, Any]:
    return actions.keep_duplicates(actor=inside.gao.actor, now=now, progress=lambda _what: None)


def test_duplicates_are_found_with_their_evidence(inside: Company, shop: dict[str, str], now: Now) -> None:
    result = _search(inside, now)
    pairs = queries.suspects(inside.gao.actor, limit=200).rows
    sure = [each for each in pairs if each.probability > 0.95]
    right = [shop[str(each.one_id)] == shop[str(each.other_id)] for each in sure]
    assert len(sure) > 20
    assert sum(right) / len(right) > 0.95
    assert [each.probability for each in pairs] == sorted((each.probability for each in pairs), reverse=True)
    with override("en"):
        told = queries.evidence(sure[0])
    assert told
    assert all(words != code for _field, words, code in told)
    assert result["pairs"] == Suspect.objects.count()


def test_all_evidence_has_words() -> None:
    """Whatever linkage compares and however it agrees, there are words for it."""
    source = inspect.getsource(comparing)
    codes = set(re.findall(r'Level\(\s*"(\w+)"', source))
    assert codes - LEVELS.keys() == set()


def test_what_was_decided_outlives_the_next_search(inside: Company, shop: dict[str, str], now: Now) -> None:
    gao = inside.gao.actor
    _search(inside, now)
    first, second, *_rest = queries.suspects(gao).rows
    assert actions.decide_duplicates(actor=gao, suspect_ids=[first.pk], verdict="different", now=now) == 1
    assert actions.decide_duplicates(actor=gao, suspect_ids=[second.pk], verdict="later", now=now) == 1
    _search(inside, now + datetime.timedelta(days=1))
    ids = {(each.one_id, each.other_id) for each in queries.suspects(gao, limit=200).rows}
    assert (first.one_id, first.other_id) not in ids
    assert (second.one_id, second.other_id) not in ids
    assert [each.pk for each in queries.suspects(gao, verdict="different").rows] == [first.pk]


def test_automatic_merges_are_off_until_asked_for(inside: Company, shop: dict[str, str], now: Now) -> None:
    gao = inside.gao.actor
    assert "merged" not in _search(inside, now)
    assert not Merge.objects.exists()
    actions.change_duplicate_rules(actor=gao, automatic=True, precision=0.95, tell_others=True, now=now)
    kept = queries.suspects(gao).rows[0]
    actions.decide_duplicates(actor=gao, suspect_ids=[kept.pk], verdict="different", now=now)
    assert _search(inside, now + datetime.timedelta(days=1))["merged"] == 0, (
        "nobody has decided on enough pairs yet"
    )
    _decide(inside, shop, now)
    result = _search(inside, now + datetime.timedelta(days=2))
    merges = list(Merge.objects.exclude(precision=None))
    assert result["merged"] == sum(len(each.customer_ids) for each in merges) > 3
    assert {each.precision for each in merges} == {0.95}
    right = [shop[str(each.survivor_id)] == shop[str(key)] for each in merges for key in each.customer_ids]
    assert sum(right) / len(right) > 0.95
    assert Customer.objects.filter(pk__in=[kept.one_id, kept.other_id]).count() == 2
    actions.undo_merge(actor=gao, merge_id=merges[0].pk, now=now)
    again = _search(inside, now + datetime.timedelta(days=3))
    assert again["merged"] == 0


def _decide(inside: Company, shop: dict[str, str], now: Now) -> None:
    """Somebody looks at every second pair, and sees the truth."""
    for each in queries.suspects(inside.gao.actor, limit=200).rows[:80:2]:
        if Customer.objects.filter(pk__in=[each.one_id, each.other_id]).count() != 2:
            continue
        if shop[str(each.one_id)] == shop[str(each.other_id)]:
            actions.merge_customers(
                actor=inside.gao.actor, survivor_id=each.one_id, customer_ids=[each.other_id], now=now
            )
        else:
            actions.decide_duplicates(
                actor=inside.gao.actor, suspect_ids=[each.pk], verdict="different", now=now
            )


def test_only_who_sees_both_sees_a_pair(inside: Company, now: Now) -> None:
    lin, wu = inside.lin.actor, inside.wu.actor
    one, other = sorted(actions.create_customer(actor=who, name="王小明", now=now).pk for who in (lin, wu))
    pair = Suspect.objects.create(one_id=one, other_id=other, probability=0.9, found_at=now)
    for who in (lin, wu):
        assert queries.suspects(who).rows == []
        assert actions.decide_duplicates(actor=who, suspect_ids=[pair.pk], verdict="different", now=now) == 0
    assert [each.pk for each in queries.suspects(inside.gao.actor).rows] == [pair.pk]


def test_a_merge_decides_and_its_undoing_remembers(inside: Company, now: Now) -> None:
    gao = inside.gao.actor
    one, other = sorted(actions.create_customer(actor=gao, name="王小明", now=now).pk for _ in range(2))
    pair = Suspect.objects.create(one_id=one, other_id=other, probability=0.9, found_at=now)
    done = actions.merge_customers(actor=gao, survivor_id=one, customer_ids=[other], now=now)
    pair.refresh_from_db()
    assert pair.verdict == Verdict.MERGED
    actions.undo_merge(actor=gao, merge_id=done.merge.pk, now=now)
    pair.refresh_from_db()
    assert pair.verdict == Verdict.DIFFERENT


def test_only_who_sees_all_searches_and_only_administrators_set_rules(inside: Company, now: Now) -> None:
    with pytest.raises(PermissionDenied):
        actions.find_duplicates(actor=inside.lin.actor, now=now)
    with pytest.raises(PermissionDenied):
        actions.change_duplicate_rules(
            actor=inside.ma.actor, automatic=True, precision=0.99, tell_others=True, now=now
        )
    with pytest.raises(Invalid):
        actions.change_duplicate_rules(
            actor=inside.gao.actor, automatic=True, precision=0.5, tell_others=True, now=now
        )


def test_the_search_is_a_job(committed: None) -> None:
    shop = company(f"shop-{uuid.uuid4().hex[:8]}")
    now = timezone.now()
    with shop.scope():
        for _ in range(3):
            made = actions.create_customer(actor=shop.gao.actor, name="欧阳望澄", now=now)
            actions.add_contact(
                actor=shop.gao.actor, customer_id=made.pk, kind="phone", value="13800138000", now=now
            )
        job = actions.find_duplicates(actor=shop.gao.actor, now=now)
    finished = run_now(job)
    assert finished.state == "succeeded", finished.error
    assert set(finished.result) >= {"compared", "pairs"}


def test_equal_id_numbers_are_evidence(inside: Company, shop: dict[str, str], now: Now) -> None:
    gao = inside.gao.actor
    one, other = (
        actions.create_customer(actor=gao, name=name, now=now).pk for name in ("欧阳青云", "欧阳清云")
    )
    for each in (one, other):
        actions.set_sensitive(
            actor=gao, customer_id=each, name="id_number", value="11010519491231002X", now=now
        )
    assert shop
    actions.keep_duplicates(actor=gao, now=now, progress=lambda _text: None)
    pair = Suspect.objects.get(one_id__in=[one, other], other_id__in=[one, other])
    assert pair.evidence["id_number"] == "same"
