"""The queue of pairs, and the rules, as pages."""

import datetime

import pytest
from django.urls import reverse

from tests.cast import Company
from zhiyin.customers import actions
from zhiyin.customers.models import DuplicateRules, Suspect

Now = datetime.datetime


@pytest.fixture
def pair(cast: Company, now: Now) -> Suspect:
    with cast.scope():
        one, other, third = sorted(
            actions.create_customer(actor=cast.lin.actor, name=name, now=now).pk
            for name in ("王小明", "王晓明", "小明")
        )
        Suspect.objects.create(one_id=other, other_id=third, probability=0.8, found_at=now)
        return Suspect.objects.create(
            one_id=one,
            other_id=other,
            probability=0.97,
            evidence={"phone": "own", "city": "different"},
            found_at=now,
        )


def test_the_queue_tells_why_and_leads_to_the_merge_of_all(cast: Company, pair: Suspect) -> None:
    client = cast.lin.client
    client.cookies["django_language"] = "en"
    text = client.get(reverse("customers:duplicates")).content.decode()
    assert "王小明" in text
    assert text.count(f'name="pairs" value="{pair.pk}"') == 1
    leads = text.split(f'value="{pair.pk}"')[1].split("</tr>")[0]
    assert leads.count("ids=") == 3


def test_ticked_pairs_leave_the_queue_and_come_back(cast: Company, pair: Suspect) -> None:
    client, address = cast.lin.client, reverse("customers:duplicates")
    decide = reverse("customers:decide_duplicates")
    client.post(decide, {"pairs": [str(pair.pk)], "verdict": "different"})
    assert str(pair.pk) not in client.get(address).content.decode()
    assert str(pair.pk) in client.get(address, {"show": "different"}).content.decode()
    client.post(decide, {"pairs": [str(pair.pk)], "verdict": "open"})
    assert str(pair.pk) in client.get(address).content.decode()


def test_rules_are_kept_and_wrong_ones_refused(cast: Company) -> None:
    client, address = cast.gao.client, reverse("customers:duplicate_rules")
    assert client.post(address, {"automatic": "on", "precision": "0.995"}).status_code == 302
    assert client.post(address, {"precision": "0.5"}).status_code == 422
    with cast.scope():
        kept = DuplicateRules.objects.get()
        assert (kept.automatic, kept.precision, kept.tell_others) == (True, 0.995, False)
