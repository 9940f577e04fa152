from django.db import migrations

from zhiyin.analytics.warehouse import Buckets, TrackChanges


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_value_join"), ("analytics", "0004_warehouse")]
    operations = [
        TrackChanges("customer", dataset="customers", partitions=Buckets("id"), columns=["kind"]),
    ]
