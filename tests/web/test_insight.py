"""Pages of insight: without data, with too little, and with models; settings; the value card."""

import datetime
import html
import re

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from tests.analytics.shop import NOW, Shop
from tests.cast import Company
from zhiyin.analytics.methods.bgnbd import BGNBD
from zhiyin.analytics.methods.simulate import simulate
from zhiyin.analytics.models import CustomerValue, InsightSettings
from zhiyin.platform.models import Job

pytestmark = pytest.mark.django_db
SETTINGS = {
    "unit": "month", "horizon_months": "24", "discount_rate": "8.5", "margin_rate": "35", "loyal_orders": "4",
    "lost_after_days": "200", "recency": "30 90 180 365", "frequency": "", "monetary": "100, 200; 300 400",
}  # fmt: skip


@pytest.fixture
def shop(cast: Company) -> Shop:
    return Shop(cast)


@pytest.fixture
def page(cast: Company) -> Client:
    client = cast.gao.client
    client.cookies["zhiyin_language"] = "en"
    return client


def text(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def simulated(shop: Shop) -> None:
    drawn = simulate(BGNBD(r=0.8, alpha=6.0, a=0.8, b=3.0), 70.0, 300, seed=3)
    record = zip(drawn.customer, drawn.dates(["2025-01-01"] * 300, 7), strict=True)
    shop.sell(
        *(
            (f"c{customer}", str(day), 10 + (customer * 7 + i) % 40)
            for i, (customer, day) in enumerate(record)
        )
    )


def test_an_empty_company_is_told_how_to_begin(page: Client) -> None:
    shown = text(page, "insight:overview")
    assert "Nothing has been analysed yet" in shown
    assert reverse("imports:start") in shown


def test_too_little_data_give_a_reason_and_no_number(shop: Shop, page: Client) -> None:
    shop.sell(("a", "2026-01-05", 10), ("a", "2026-06-05", 20))
    shop.analyse()
    shown = text(page, "insight:overview")
    assert "One customer bought on 2 days" in shown
    assert "Customers so far: 1; the model needs at least 100." in shown
    assert "of the margin" not in shown
    assert "too little data" in shown
    card = text(page, "insight:value", shop.customers["a"])
    assert "Nothing is predicted:" in card
    assert "Bought on 2 days" in card
    assert "bought about as lately" not in card


def test_findings_pictures_and_models(shop: Shop, page: Client) -> None:
    simulated(shop)
    analysis = shop.analyse()
    shown = text(page, "insight:overview")
    for piece in ("What was found", "300 customers bought", "rfm-title", "concentration", "Log-likelihood"):
        assert piece in shown
    cell = analysis.groups["cells"][0]
    link = f"rfm={cell['recency']}{cell['frequency']}&amp;sort=-value"
    assert link in shown
    parameter = analysis.fits["person"]["transactions"]["parameters"]["alpha"]
    assert f"{parameter:.3f}" in shown
    assert text(page, "insight:analysis", analysis.pk).count("Log-likelihood") == shown.count(
        "Log-likelihood"
    )
    assert "300" in text(page, "insight:history")


def listed(client: Client, address: str) -> set[str]:
    """The customers of a list, over all its pages."""
    found: set[str] = set()
    while address:
        shown = client.get(address).content.decode()
        found |= set(re.findall(r'href="/customers/([0-9a-f-]{36})/"', shown))
        following = re.search(
            r'href="(\?[^"]*after=[^"]*)"[^>]*rel="next"|rel="next"[^>]*href="(\?[^"]*)"', shown
        )
        step = following and html.unescape(following[1] or following[2])
        address = f"/customers/{step}" if step else ""
    return found


def test_every_number_opens_exactly_its_customers(shop: Shop, page: Client) -> None:
    simulated(shop)
    shop.known(["never bought"])
    analysis = shop.analyse()
    shown = text(page, "insight:overview")
    cells = re.findall(r'href="(/customers/\?rfm=[^"]*)"[^>]*>([\d,]+)<', shown)
    assert len(cells) == len(analysis.groups["cells"]) > 15
    lists = {address: listed(page, html.unescape(address)) for address, _number in cells}
    assert [len(lists[address]) for address, _number in cells] == [int(number) for _address, number in cells]
    assert len(set().union(*lists.values())) == 300
    for group in analysis.groups["groups"]:
        assert len(listed(page, f"/customers/?group={group['group']}")) == group["customers"]
    (leaving,) = (each["facts"] for each in analysis.findings if each["code"] == "leaving")
    ((address,),) = {
        (html.unescape(found),) for found in re.findall(r'href="(/customers/\?spend_min[^"]*)"', shown)
    }
    assert len(listed(page, address)) == leaving["customers"]
    assert len(listed(page, "/customers/?ordered=false")) == 1


def test_the_card_and_the_grid_agree_after_an_analysis_that_left_the_row_alone(
    shop: Shop, page: Client
) -> None:
    limits = {"recency": [30, 60, 90, 180], "frequency": [2, 3, 5, 9], "monetary": [10, 20, 30, 40]}
    with shop.company.scope():
        InsightSettings.objects.create(scores=limits)
    shop.sell(("a", "2026-01-05", 10), ("z", "2026-06-01", 10))
    earlier = shop.analyse()
    shop.sell(("b", "2026-01-05", 50))
    latest = shop.analyse()
    with shop.company.scope():
        assert CustomerValue.objects.get(pk=shop.customers["a"]).analysis_id == earlier.pk != latest.pk
    assert "2 customers bought about as lately" in text(page, "insight:value", shop.customers["a"])
    assert len(listed(page, "/customers/?rfm=21")) + len(listed(page, "/customers/?rfm=11")) == 2
    # the customers have gone on, so an earlier analysis does not send anybody to them
    assert "rfm=" in text(page, "insight:overview")
    assert "rfm=" not in text(page, "insight:analysis", earlier.pk)


def test_the_grid_says_what_its_scores_stand_for_and_why_some_are_empty(shop: Shop, page: Client) -> None:
    simulated(shop)
    analysis = shop.analyse()
    shown = text(page, "insight:overview")
    assert analysis.groups["purchases"]["1"] == [1, 2]
    assert "1 · 1–2×" in shown
    assert {cell["frequency"] for cell in analysis.groups["cells"]} == {1, 2, 3, 4, 5}
    low, high = analysis.groups["recency_days"]["5"]
    assert f"5 · {low}–{high} d" in shown
    assert "stay empty" not in shown


def test_ties_that_empty_a_score_are_told(shop: Shop, page: Client) -> None:
    shop.sell(*((f"c{number}", f"2026-0{1 + number % 6}-05", 10) for number in range(60)))
    shop.analyse()
    shown = text(page, "insight:overview")
    assert "The numbers of purchases are too alike for five scores" in shown
    assert "days of the last purchases" not in shown


def test_an_analysis_of_another_version_is_shown_as_far_as_it_is_understood(shop: Shop, page: Client) -> None:
    shop.sell(("a", "2026-01-05", 10), ("a", "2026-06-05", 20))
    analysis = shop.analyse()
    with shop.company.scope():
        analysis.findings += [{"code": "of_another_version", "tone": "bad", "facts": {}}]
        analysis.groups = {key: analysis.groups[key] for key in ("cells", "groups")}
        analysis.save()
    shown = text(page, "insight:overview")
    assert "bought on 2 days" in shown
    assert shown.count('<li class="is-') == len(analysis.findings) - 1


def test_the_value_card_says_why(shop: Shop, page: Client) -> None:
    simulated(shop)
    shop.analyse()
    with shop.company.scope():
        again = CustomerValue.objects.filter(frequency=4).first()
        once = CustomerValue.objects.filter(frequency=0).first()
    assert again
    assert once
    shown = text(page, "insight:value", again.pk)
    for piece in (
        "Bought on 5 days",
        "BG/NBD",
        "Gamma-Gamma",
        "bought about as lately",
        'data-chart="alive"',
    ):
        assert piece in shown
    assert "%(" not in shown
    shown = text(page, "insight:value", once.pk)
    assert "Bought once" in shown
    assert "Still a customer" not in shown
    record = text(page, "customers:record", again.pk)
    assert reverse("insight:value", args=[again.pk]) in record


def test_customers_of_whom_none_is_seen_to_leave_have_their_pages(shop: Shop, page: Client) -> None:
    drawn = np.random.default_rng(3)
    for customer, rate in enumerate(drawn.gamma(0.9, 0.2, 300)):
        weeks = [0.0, *np.sort(drawn.uniform(0, 60, drawn.poisson(60 * rate)))]
        days = {datetime.date(2025, 1, 1) + datetime.timedelta(weeks=week) for week in weeks}
        shop.sell(*((f"c{customer}", str(day), 10 + len(days) % 7) for day in days))
    analysis = shop.analyse()
    assert analysis.fits["person"]["transactions"]["model"] == "NBD"
    assert "nobody leaving for good" in text(page, "insight:overview")
    with shop.company.scope():
        again = CustomerValue.objects.filter(frequency__gt=3).first()
    assert again
    card = text(page, "insight:value", again.pk)
    assert "NBD model of 300 customers" in card
    assert "times 100%" not in card
    assert "%(" not in card


def test_settings_are_kept_and_everything_is_analysed_anew(cast: Company, page: Client) -> None:
    assert page.post(reverse("insight:settings"), SETTINGS).status_code == 302
    with cast.scope():
        kept = InsightSettings.objects.get()
    assert (kept.unit, kept.horizon_months, str(kept.discount_rate), str(kept.margin_rate)) == (
        "month", 24, "0.0850", "0.3500",
    )  # fmt: skip
    assert kept.scores == {"recency": [30, 90, 180, 365], "monetary": [100, 200, 300, 400]}
    shown = text(page, "insight:settings")
    assert 'value="8.5"' in shown
    assert 'value="30 90 180 365"' in shown


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("recency", "30 20 10 5", "each larger than the one before"),
        ("monetary", "1 2 3", "four thresholds"),
        ("frequency", "few", "Write numbers"),
        ("margin_rate", "140", "between"),
        ("loyal_orders", "1", "between"),
        ("unit", "fortnight", "valid choice"),
    ],
)
def test_a_wrong_setting_is_told_beside_its_field(
    cast: Company, page: Client, field: str, value: str, message: str
) -> None:
    response = page.post(reverse("insight:settings"), {**SETTINGS, field: value})
    assert response.status_code == 422
    assert message in response.content.decode()
    with cast.scope():
        assert not InsightSettings.objects.exists()


def test_an_analysis_is_started_and_its_progress_shown(cast: Company, page: Client) -> None:
    assert page.post(reverse("insight:run")).status_code == 302
    with cast.scope():
        job = Job.objects.get(kind="analytics.analyse")
    assert f"job-{job.pk}" in text(page, "insight:overview")
    assert page.post(reverse("insight:run")).status_code == 409 or "running already" in text(
        page, "insight:overview"
    )


def test_the_page_asks_a_fixed_number_of_statements(
    shop: Shop, page: Client, django_assert_max_num_queries: object
) -> None:
    simulated(shop)
    shop.analyse()
    text(page, "insight:overview")
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        text(page, "insight:overview")


def test_a_test_period_in_which_nobody_bought_is_said_and_not_divided_by(shop: Shop, page: Client) -> None:
    simulated(shop)
    shop.sell(("late", "2032-01-01", 10.0))
    found = shop.analyse(until=datetime.date(2032, 1, 2))
    test = found.backtest["person"]
    assert test["actual"] == 0
    assert test["model"]["total_error"] is None
    shown = text(page, "insight:overview")
    assert "were forecast, and nobody bought" in shown
    assert "Nobody bought what was forecast" in shown


def test_a_failed_analysis_is_said_above_the_results_of_the_one_before(shop: Shop, page: Client) -> None:
    shop.sell(("c1", "2026-01-01", 10.0))
    shop.analyse()
    with shop.company.scope():
        Job.objects.create(
            kind="analytics.analyse", title="x", state="failed", error="The disk is full.", finished_at=NOW
        )
    shown = text(page, "insight:overview")
    assert "The newest analysis failed" in shown
    assert "The disk is full." in shown
    assert "from the one before it" in shown
