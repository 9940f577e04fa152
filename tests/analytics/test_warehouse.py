"""The warehouse follows every change and rewrites nothing else."""

import datetime
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pytest
from django.conf import settings
from django.db import transaction

from tests.analytics.shop import NOW, Shop
from zhiyin.analytics.models import StalePartition
from zhiyin.analytics.warehouse.export import Exported, export, folder, snapshot
from zhiyin.analytics.warehouse.registry import registered
from zhiyin.commerce.models import Order
from zhiyin.customers.models import Customer

pytestmark = pytest.mark.django_db
Exporter = Callable[..., Exported]


@pytest.fixture
def bring(django_capture_on_commit_callbacks: Any) -> Exporter:
    """Export one dataset of a shop, commit included."""

    def bring(
        shop: Shop, name: str = "orders", *, time_zone: str = "Asia/Shanghai", **options: Any
    ) -> Exported:
        tenant = shop.company.tenant.id
        with django_capture_on_commit_callbacks(execute=True), snapshot(tenant):
            return export(
                registered()[name],
                home=Path(settings.ZHIYIN_HOME),
                tenant_id=tenant,
                time_zone=time_zone,
                now=NOW,
                **options,
            )

    return bring


def stored(shop: Shop, name: str = "orders") -> list[dict[str, Any]]:
    place = folder(Path(settings.ZHIYIN_HOME), shop.company.tenant.id, name)
    files = [str(path) for path in sorted(place.rglob("*.parquet"))]
    rows: list[dict[str, Any]] = pyarrow.dataset.dataset(files, format="parquet").to_table().to_pylist()
    return rows


def amounts(shop: Shop) -> list[float]:
    return sorted(row["amount"] for row in stored(shop))


def test_only_months_that_changed_are_rewritten(shop: Shop, bring: Exporter) -> None:
    orders = shop.sell(("a", "2026-01-05", 10), ("a", "2026-02-05", 20), ("b", "2026-02-06", 30))
    assert bring(shop) == Exported(partitions=2, rows=3)
    assert bring(shop) == Exported(partitions=0, rows=0)
    shop.sell(("b", "2026-03-01", 40))
    assert bring(shop) == Exported(partitions=1, rows=1)
    with shop.company.scope():
        Order.objects.filter(pk=orders[1].pk).update(total=21)
    assert bring(shop) == Exported(partitions=1, rows=2)
    assert amounts(shop) == [10, 21, 30, 40]


def test_an_order_that_moves_changes_both_months(shop: Shop, bring: Exporter) -> None:
    orders = shop.sell(("a", "2026-01-05", 10), ("a", "2026-01-06", 20))
    bring(shop)
    with shop.company.scope():
        moved = datetime.datetime(2025, 12, 1, 4, tzinfo=datetime.UTC)
        Order.objects.filter(pk=orders[0].pk).update(ordered_at=moved)
        marks = StalePartition.objects.filter(dataset="orders").values_list("partition", flat=True)
        assert set(marks) == {"2025-12", "2026-01"}
    assert bring(shop) == Exported(partitions=2, rows=2)
    assert [row["day"].isoformat() for row in stored(shop)] == ["2025-12-01", "2026-01-06"]


def test_deleted_orders_are_gone_and_so_is_an_empty_month(shop: Shop, bring: Exporter) -> None:
    import_id = uuid.uuid4()
    shop.sell(("a", "2026-01-05", 10))
    shop.sell(("a", "2026-01-06", 20), ("a", "2026-05-01", 30), import_id=import_id)
    bring(shop)
    with shop.company.scope():
        Order.objects.filter(import_id=import_id).delete()
    bring(shop)
    assert amounts(shop) == [10]


def test_what_the_dataset_does_not_show_makes_nothing_stale(shop: Shop, bring: Exporter) -> None:
    orders = shop.sell(("a", "2026-01-05", 10))
    bring(shop)
    bring(shop, "customers")
    with shop.company.scope():
        Order.objects.filter(pk=orders[0].pk).update(channel="web")
        Customer.objects.update(name="A", city="Wuhan")
    assert bring(shop).partitions == bring(shop, "customers").partitions == 0


def test_a_return_follows_the_order_it_names(shop: Shop, bring: Exporter) -> None:
    (sold,) = shop.sell(("a", "2026-01-05", 10))
    shop.sell(("a", "2026-03-05", -4), kind="return", returns=sold)
    bring(shop)
    with shop.company.scope():
        moved = datetime.datetime(2026, 1, 20, 4, tzinfo=datetime.UTC)
        Order.objects.filter(pk=sold.pk).update(ordered_at=moved)
    assert bring(shop).partitions == 2
    (back,) = (row for row in stored(shop) if row["kind"] == "return")
    assert back["returned_day"].isoformat() == "2026-01-20"


def test_a_change_that_was_rolled_back_marks_nothing(shop: Shop, bring: Exporter) -> None:
    shop.sell(("a", "2026-01-05", 10))
    bring(shop)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        shop.sell(("a", "2026-02-05", 10))
        raise ZeroDivisionError
    assert bring(shop).partitions == 0


def test_an_export_that_breaks_off_is_done_again(shop: Shop, bring: Exporter, monkeypatch: Any) -> None:
    shop.sell(("a", "2026-01-05", 10))
    bring(shop)
    shop.sell(("a", "2026-01-06", 20))

    def cancel(*_arguments: Any, **_options: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr("zhiyin.analytics.warehouse.export.count", cancel)
        bring(shop)
    bring(shop)
    assert amounts(shop) == [10, 20]


@pytest.mark.parametrize("loss", ["folder", "other files", "time zone"])
def test_files_that_are_not_those_the_database_knows_are_made_anew(
    shop: Shop, bring: Exporter, loss: str
) -> None:
    shop.sell(("a", "2026-01-05", 10), ("a", "2026-02-05", 20))
    bring(shop)
    place = folder(Path(settings.ZHIYIN_HOME), shop.company.tenant.id, "orders")
    if loss == "folder":
        shutil.rmtree(place)
    elif loss == "other files":
        (place / "_exported").write_text("of another machine")
    zone = "America/New_York" if loss == "time zone" else "Asia/Shanghai"
    assert bring(shop, time_zone=zone) == Exported(partitions=2, rows=2)


def test_another_company_is_never_exported(shop: Shop, other_shop: Shop, bring: Exporter) -> None:
    shop.sell(("a", "2026-01-05", 10))
    other_shop.sell(("a", "2026-01-05", 99))
    bring(shop)
    assert amounts(shop) == [10]
    with shop.company.scope():
        assert not StalePartition.objects.filter(dataset="orders").exists()
    with other_shop.company.scope():
        assert StalePartition.objects.filter(dataset="orders").count() == 1
