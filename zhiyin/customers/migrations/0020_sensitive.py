import django.db.models.deletion
from django.db import migrations, models

import zhiyin.platform.keys
import zhiyin.platform.tenancy
from zhiyin.platform.tenancy import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0019_pool_routes"),
    ]

    operations = [
        migrations.CreateModel(
            name="SensitiveValue",
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
                ("field", models.CharField(max_length=80)),
                ("encrypted", models.BinaryField()),
                ("set_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sensitive_values",
                        to="customers.customer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SensitiveRules",
            fields=[
                (
                    "tenant_id",
                    models.UUIDField(
                        db_default=zhiyin.platform.tenancy.CurrentTenant(),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("ask_reason", models.BooleanField(default=False)),
            ],
        ),
        migrations.AlterField(
            model_name="undo",
            name="what",
            field=models.CharField(
                choices=[
                    ("owner", "Owner changed"),
                    ("tag", "Tag put on"),
                    ("untag", "Tag taken off"),
                    ("note_changed", "Note changed"),
                    ("note_removed", "Note removed"),
                    ("unrelate", "Relation removed"),
                    ("contact_gone", "Contact point removed"),
                    ("share", "Shared"),
                    ("unshare", "Sharing ended"),
                    ("sensitive", "Sensitive value changed"),
                ],
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="SensitiveIndex",
            fields=[
                (
                    "value",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="index",
                        serialize=False,
                        to="customers.sensitivevalue",
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(db_default=zhiyin.platform.tenancy.CurrentTenant(), editable=False),
                ),
                ("field", models.CharField(max_length=80)),
                ("version", models.PositiveIntegerField()),
                ("blind", models.BinaryField(max_length=16)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant_id", "field", "blind"], name="sensitive_by_blind"),
                    models.Index(fields=["tenant_id", "version"], name="sensitive_by_version"),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="sensitivevalue",
            constraint=models.UniqueConstraint(fields=("customer", "field"), name="sensitive_value_once"),
        ),
        EnableTenancy("sensitivevalue"),
        EnableTenancy("sensitiveindex"),
        EnableTenancy("sensitiverules"),
    ]
