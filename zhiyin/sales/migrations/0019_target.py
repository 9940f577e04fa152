"""What people, units, products and customers are to bring in a period."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import zhiyin.platform.keys
import zhiyin.platform.tenancy
from zhiyin.platform.tenancy import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_approvals"),
        ("commerce", "0008_rate_tenancy"),
        ("customers", "0045_teams"),
        ("sales", "0018_forecast"),
    ]

    operations = [
        migrations.CreateModel(
            name="Target",
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
                ("kind", models.CharField(max_length=7)),
                ("starts_on", models.DateField()),
                (
                    "measure",
                    models.CharField(
                        choices=[("amount", "Amount"), ("count", "Number of deals")],
                        default="amount",
                        max_length=6,
                    ),
                ),
                ("value", models.DecimalField(decimal_places=4, max_digits=19)),
                ("attained", models.DecimalField(decimal_places=4, max_digits=22, null=True)),
                ("attained_on", models.DateField(null=True)),
                ("version", models.PositiveIntegerField(db_default=1, default=1)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="targets",
                        to="accounts.member",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="commerce.product",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.unit",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant_id", "kind", "starts_on"], name="target_by_period")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("customer", None)),
                        fields=("tenant_id", "kind", "starts_on", "member", "unit", "product", "measure"),
                        name="target_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("member", None), ("unit", None), _connector="OR"),
                        name="target_of_one",
                    ),
                    models.CheckConstraint(condition=models.Q(("value__gt", 0)), name="target_value"),
                ],
            },
        ),
        EnableTenancy("target"),
    ]
