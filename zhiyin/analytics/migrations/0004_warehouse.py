from django.db import migrations, models

import zhiyin.platform.keys
import zhiyin.platform.tenancy
from zhiyin.platform.tenancy import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [("analytics", "0003_spend_key")]

    operations = [
        migrations.AddField(
            model_name="analysis",
            name="groups",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.CreateModel(
            name="StalePartition",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=zhiyin.platform.tenancy.NewKey(),
                        default=zhiyin.platform.keys.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(db_default=zhiyin.platform.tenancy.CurrentTenant(), editable=False),
                ),
                ("dataset", models.CharField(max_length=50)),
                ("partition", models.CharField(max_length=50)),
            ],
            options={
                "indexes": [models.Index(fields=["tenant_id", "dataset"], name="stale_by_dataset")],
            },
        ),
        EnableTenancy("stalepartition"),
    ]
