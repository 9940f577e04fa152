"""The company's own fields in the datasets and segments of the analysis."""

import json
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests.analytics.shop import NOW, Shop
from tests.cast import Company
from tests.web.test_insight import SETTINGS
from zhiyin.accounts.models import Role
from zhiyin.analytics.actions import change_settings, run_analysis
from zhiyin.analytics.models import InsightSettings
from zhiyin.analytics.queries import insight_settings, segmentations
from zhiyin.analytics.sentences import segment_label
from zhiyin.analytics.warehouse.export import folder
from zhiyin.customers.actions import FieldRules, archive_field, create_field, update_customer
from zhiyin.customers.models import CustomField
from zhiyin.platform.errors import Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(cast: Company) -> Shop:
    return Shop(cast)


@pytest.fixture
def level(shop: Shop) -> CustomField:
    """A choice of everybody's, beside a free text."""
    with shop.company.scope():
        create_field(actor=shop.system, type="text", key="motto", rules=FieldRules("Motto"), now=NOW)
        rules = FieldRules("Level", options=("gold", "silver"))
        return create_field(actor=shop.system, type="choice", key="level", rules=rules, now=NOW)


@pytest.fixture(autouse=True)
def _commits(django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def committed(shop: Shop, **options: Any) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return run_analysis(actor=shop.system, now=NOW, **options)

    monkeypatch.setattr(Shop, "run", committed)


def sold(shop: Shop) -> None:
    """Thirty customers, every third of them golden, every third silver."""
    names = [f"c{number}" for number in range(30)]
    shop.sell(*((name, f"2026-0{month}-05", 10 + month) for name in names for month in (1, 3, 6)))
    for number, name in enumerate(names):
        if number % 3:
            give(shop, name, level=("gold", "silver")[number % 3 - 1], motto="carpe diem")


def give(shop: Shop, name: str, **fields: str) -> None:
    with shop.company.scope():
        update_customer(
            actor=shop.system, customer_id=shop.customers[name], changes={}, fields=fields, now=NOW
        )


def part_by(shop: Shop, key: str) -> None:
    with shop.company.scope():
        chosen = insight_settings()
        numbers = {name: getattr(chosen, name) for name in InsightSettings.CHOSEN}
        change_settings(actor=shop.system, **(numbers | {"segment_by": key}), now=NOW)


def exported(shop: Shop) -> dict[str, Any]:
    place = folder(Path(settings.ZHIYIN_HOME), shop.company.tenant.id, "customers")
    files = [str(path) for path in sorted(place.rglob("*.parquet"))]
    rows = pyarrow.dataset.dataset(files, format="parquet").to_table().to_pylist()
    return {row["customer_id"]: json.loads(row["own"]) if row["own"] else {} for row in rows}


def test_a_field_parts_the_customers(shop: Shop, level: CustomField) -> None:
    sold(shop)
    assert set(shop.analyse().fits) == {"person"}
    part_by(shop, "level")
    fits = shop.analyse().fits
    assert {name: fits[name]["customers"] for name in sorted(fits) if name != "pooled"} == {
        "level:": 10, "level:gold": 10, "level:silver": 10,
    }  # fmt: skip
    with shop.company.scope(), translation.override("en"):
        assert segment_label("level:gold") == "Level: gold"
        assert segment_label("level:") == "Level: none"


def test_the_dataset_follows_the_fields_and_leaves_texts_out(shop: Shop, level: CustomField) -> None:
    sold(shop)
    shop.analyse()
    mine = str(shop.customers["c1"])
    assert exported(shop)[mine] == {"level": "gold"}
    give(shop, "c1", level="silver")
    shop.analyse()
    assert exported(shop)[mine] == {"level": "silver"}


def test_what_is_not_for_everybodys_eyes_parts_nobody(shop: Shop, level: CustomField) -> None:
    sold(shop)
    part_by(shop, "level")
    with shop.company.scope():
        role = Role.objects.first()
        assert role is not None
        role.field_rules = {"x_level": "hidden"}
        role.save()
        assert segmentations() == []
    assert set(shop.analyse().fits) == {"person"}


def test_a_field_that_was_archived_parts_nobody(shop: Shop, level: CustomField) -> None:
    sold(shop)
    part_by(shop, "level")
    with shop.company.scope():
        archive_field(actor=shop.system, field_id=level.pk, now=NOW)
    assert set(shop.analyse().fits) == {"person"}
    with shop.company.scope(), translation.override("en"):
        assert segment_label("level:gold") == "level: gold"


@pytest.mark.parametrize("key", ["motto", "nothing", "x_level"])
def test_only_fields_with_few_values_are_offered(shop: Shop, level: CustomField, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        part_by(shop, key)
    assert refused.value.field == "segment_by"


def test_it_is_chosen_on_the_page_and_seen_on_the_record(shop: Shop, level: CustomField) -> None:
    sold(shop)
    client: Client = shop.company.gao.client
    client.cookies["zhiyin_language"] = "en"
    page = reverse("insight:settings")
    assert '<option value="level">Level</option>' in client.get(page).content.decode()
    assert client.post(page, {**SETTINGS, "segment_by": "level"}).status_code == 302
    assert '<option value="level" selected>' in client.get(page).content.decode()
    shop.analyse()
    assert "Forecast and model: Level: gold" in client.get(reverse("insight:overview")).content.decode()
    assert client.get(reverse("insight:value", args=[shop.customers["c1"]])).status_code == 200
