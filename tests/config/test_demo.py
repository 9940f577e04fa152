"""The demo company: the same for the same seed, made of nobody's names, and its truth can be found again."""

import datetime
import json
from pathlib import Path

import numpy as np
import phonenumbers
import pytest
from django.contrib.auth import authenticate
from django.utils import timezone

from zhiyin.accounts.models import Tenant
from zhiyin.activities.models import Appointment
from zhiyin.analytics import actions
from zhiyin.analytics.methods.bgnbd import BGNBD
from zhiyin.analytics.methods.gammagamma import GammaGamma
from zhiyin.analytics.methods.rfm import summarise
from zhiyin.analytics.models import CustomerValue
from zhiyin.commerce.models import Order, OrderLine, Payment, Product
from zhiyin.config.demo import make_demo
from zhiyin.config.demo.catalogue import catalogue
from zhiyin.config.demo.names import phones
from zhiyin.config.demo.sales import Sales, lines
from zhiyin.config.demo.truth import TRUTH, draw, first_days
from zhiyin.customers.models import (
    AssignmentRule,
    ContactPoint,
    Customer,
    CustomerSearch,
    Dispute,
    HoldingCount,
    LegalHold,
    PoolMove,
    ProtectionRule,
    Share,
    SubjectRequest,
    TimelineEvent,
)
from zhiyin.platform.actors import Actor
from zhiyin.platform.tenancy import scope
from zhiyin.sales.models import Lead, LeadForm

END = datetime.date(2026, 11, 21)
NOW = datetime.datetime(2026, 11, 22, 4, tzinfo=datetime.UTC)
SIZE = {"person": 8_000, "organisation": 1_500}


@pytest.mark.parametrize("kind", TRUTH)
def test_the_models_recover_the_truth(kind: str) -> None:
    """Over some seeds the estimates lie about the truth as their standard errors say."""
    process = TRUTH[kind]
    scores: dict[str, list[float]] = {}
    for seed in range(4):
        first = first_days(SIZE[kind], END, np.random.default_rng(seed))
        drawn = draw(process, first, END, seed)
        record = summarise(drawn.customer, drawn.day, drawn.amount, unit="week", end=END)
        for truth, fit in (
            (process.buying, BGNBD.fit(record.x, record.t_x, record.T)),
            (process.spending, GammaGamma.fit(record.x, record.spend)),
        ):
            for name, value in fit.parameters.items():
                score = (value - getattr(truth, name)) / fit.standard_errors[name]
                scores.setdefault(name, []).append(score)
    for name, found in scores.items():
        assert abs(np.mean(found)) < 2.2, (name, found)
        assert max(map(abs, found)) < 4.5, (name, found)


def test_lines_add_up_to_what_was_drawn_and_are_sold_below_the_list_price() -> None:
    random = np.random.default_rng(1)
    amount = np.round(random.gamma(2, 500, 2_000) + 5, 2)
    sold = Sales(np.arange(2_000), np.zeros(2_000), amount, np.zeros(2_000, bool))
    goods = catalogue()
    line = lines(sold, goods, random)
    sums = np.bincount(line["sale"].to_numpy(), line["amount"].to_numpy())
    assert np.allclose(sums, amount, atol=0.005)
    assert (line["unit_price"].to_numpy() <= goods.price[line["product"].to_numpy()] + 0.01).all()


def test_phone_numbers_look_right_and_belong_to_nobody() -> None:
    numbers = phones(500, np.random.default_rng(1))
    assert len(set(numbers)) == 500
    parsed = [phonenumbers.parse(number, "CN") for number in numbers]
    assert all(phonenumbers.is_possible_number(number) for number in parsed)
    assert not any(phonenumbers.is_valid_number(number) for number in parsed)


@pytest.mark.django_db
def test_a_company_is_made_whole_and_only_once(tmp_path: Path) -> None:
    made = make_demo(now=NOW, home=tmp_path, customers=600)
    again = make_demo(now=NOW, home=tmp_path, customers=600)
    assert (made.made, again.made) == (True, False)
    assert again.logins == made.logins
    assert len({login.role for login in made.logins}) == len(made.logins) == 7
    first = made.logins[0]
    assert authenticate(email=first.email, password=first.password) is not None
    assert (tmp_path / "demo" / "demo" / "logins.json").stat().st_mode & 0o077 == 0
    truth = json.loads((tmp_path / "demo" / "demo" / "truth.json").read_text())
    assert truth["parameters"]["person"]["bgnbd"]["r"] == TRUTH["person"].buying.r
    with scope(made.tenant.pk):
        assert Customer.objects.count() == CustomerSearch.objects.count() == 600
        assert Customer.objects.filter(kind="organisation").count() == 27
        assert Lead.objects.count() == 6
        assert set(Lead.objects.values_list("owner__name", flat=True)) == {"林岚", "陈晨"}
        assert LeadForm.objects.count() == 1
        phones = ContactPoint.objects.filter(kind="phone")
        # in a pool they are sealed
        open_ones = phones.filter(customer__pool=None, value_key__startswith="+86154").count()
        assert open_ones + phones.filter(customer__pool__isnull=False).count() == phones.count() == 600
        assert Order.objects.filter(kind="return", returns__isnull=True).count() == 0
        assert Order.objects.filter(kind="return", total__gte=0).count() == 0
        assert not Order.objects.filter(ordered_at__gt=NOW).exists()
        assert OrderLine.objects.exists()
        assert Payment.objects.exists()
        assert Product.objects.count() == 90
        assert TimelineEvent.objects.filter(kind="created").count() == 600
        at_work()
        actions.run_analysis(actor=Actor.system(made.tenant.pk), now=NOW)
        assert CustomerValue.objects.filter(value__isnull=False).count() == 567
        graded = Customer.objects.exclude(grade=None).values_list("grade__name", flat=True)
        assert set(graded) == {"重点客户", "普通客户", "小客户"}


def at_work() -> None:
    """Each page about owning, sharing and the law has something to show."""
    assert set(Customer.objects.filter(pool__isnull=False).values_list("pool__name", flat=True)) == {
        "华东公海", "线上公海",
    }  # fmt: skip
    moves = PoolMove.objects.filter(kind="claimed").values_list("member__name", flat=True)
    assert list(moves) == ["林岚", "林岚"]
    dispute = Dispute.objects.get()
    assert (dispute.claimant.name, dispute.owner and dispute.owner.name) == ("周子昂", "林岚")
    for model in (AssignmentRule, ProtectionRule, HoldingCount):
        assert model.objects.exists()
    assert Share.objects.count() == 2
    assert SubjectRequest.objects.get().state == "open"
    assert LegalHold.objects.get().ended_at is None
    assert set(Appointment.objects.values_list("rule", flat=True)) == {"FREQ=WEEKLY", ""}


@pytest.mark.django_db
def test_one_seed_draws_one_company_and_another_another(tmp_path: Path) -> None:
    def totals(code: str, seed: int) -> list[object]:
        make_demo(now=NOW, home=tmp_path, customers=200, seed=seed, code=code)
        with scope(Tenant.objects.get(code=code).pk):
            rows = Order.objects.order_by("number").values_list("number", "total", "customer__name")
            return list(rows)

    assert totals("one", 5) == totals("two", 5)
    assert totals("three", 6) != totals("four", 5)


@pytest.mark.django_db
def test_a_break_leaves_no_half_company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("zhiyin.config.demo.build.write_truth", fail)
    with pytest.raises(ZeroDivisionError):
        make_demo(now=timezone.now(), home=tmp_path, customers=200)
    assert not Tenant.objects.filter(code="demo").exists()
