"""What was forecast on a day, kept; and the open deals by when they are expected, with what a forecast asks of them."""

import django.contrib.postgres.fields
from django.db import migrations, models

import zhiyin.platform.keys
import zhiyin.platform.tenancy
from zhiyin.platform.tenancy import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_approvals"),
        ("customers", "0045_teams"),
        ("sales", "0017_stay_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="ForecastCell",
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
                ("taken_on", models.DateField()),
                ("month", models.DateField()),
                ("owner_id", models.UUIDField(null=True)),
                ("unit_id", models.UUIDField(null=True)),
                (
                    "units",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, size=None
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("won", models.DecimalField(decimal_places=4, default=0, max_digits=22)),
                ("commit", models.DecimalField(decimal_places=4, default=0, max_digits=22)),
                ("best_case", models.DecimalField(decimal_places=4, default=0, max_digits=22)),
                ("pipeline", models.DecimalField(decimal_places=4, default=0, max_digits=22)),
                ("weighted", models.DecimalField(decimal_places=4, default=0, max_digits=22)),
                ("expected", models.FloatField(null=True)),
                ("variance", models.FloatField(null=True)),
            ],
        ),
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(
                condition=models.Q(("removed_at", None), ("state", "open")),
                fields=["tenant_id", "expected_on"],
                include=("owner", "unit", "stage", "category", "currency", "amount", "probability"),
                name="opportunity_forecast",
            ),
        ),
        migrations.AddIndex(
            model_name="forecastcell",
            index=models.Index(fields=["tenant_id", "month", "taken_on"], name="forecast_cell_by_month"),
        ),
        EnableTenancy("forecastcell"),
    ]
