from django.db import migrations

from zhiyin.analytics.warehouse import Months, TrackChanges


class Migration(migrations.Migration):
    dependencies = [("commerce", "0003_order_request"), ("analytics", "0004_warehouse")]
    operations = [
        TrackChanges(
            "order",
            dataset="orders",
            partitions=Months("ordered_at"),
            columns=["customer_id", "kind", "total", "cost", "returns_id"],
            follow="returns_id",
        ),
    ]
