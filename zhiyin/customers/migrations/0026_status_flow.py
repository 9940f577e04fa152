from django.db import migrations, models

import zhiyin.platform.keys
import zhiyin.platform.tenancy
from zhiyin.platform.tenancy import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0025_marked"),
    ]

    operations = [
        migrations.CreateModel(
            name="StatusFlow",
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
                ("month", models.DateField()),
                (
                    "previous",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("non_customer", "Non-customer"),
                            ("potential", "Potential"),
                            ("target", "Target"),
                            ("first_time", "First-time"),
                            ("repeat", "Repeat"),
                            ("loyal", "Loyal"),
                            ("lost", "Lost"),
                            ("won_back", "Won back"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("non_customer", "Non-customer"),
                            ("potential", "Potential"),
                            ("target", "Target"),
                            ("first_time", "First-time"),
                            ("repeat", "Repeat"),
                            ("loyal", "Loyal"),
                            ("lost", "Lost"),
                            ("won_back", "Won back"),
                        ],
                        max_length=12,
                    ),
                ),
                ("customers", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant_id", "month", "previous", "status"), name="status_flow_once"
                    )
                ],
            },
        ),
        EnableTenancy("statusflow"),
    ]
