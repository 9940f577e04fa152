import django.contrib.postgres.fields
from django.db import migrations, models

import zhiyin.platform.keys
import zhiyin.platform.tenancy
from zhiyin.platform.tenancy import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0008_search_in_order"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="custom",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.CreateModel(
            name="CustomField",
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
                ("key", models.CharField(max_length=40)),
                ("label", models.CharField(max_length=60)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("long_text", "Long text"),
                            ("number", "Number"),
                            ("money", "Money"),
                            ("date", "Date"),
                            ("choice", "Choice"),
                            ("choices", "Several choices"),
                            ("yes_no", "Yes or no"),
                        ],
                        max_length=12,
                    ),
                ),
                ("section", models.CharField(blank=True, db_default="", max_length=60)),
                ("position", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[("person", "Person"), ("organisation", "Organisation")],
                        db_default="",
                        max_length=12,
                    ),
                ),
                ("required", models.BooleanField(db_default=False, default=False)),
                (
                    "options",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100), blank=True, default=list, size=None
                    ),
                ),
                ("least", models.CharField(blank=True, db_default="", max_length=20)),
                ("most", models.CharField(blank=True, db_default="", max_length=20)),
                ("pattern", models.CharField(blank=True, db_default="", max_length=200)),
                ("default", models.CharField(blank=True, db_default="", max_length=200)),
                ("hint", models.CharField(blank=True, db_default="", max_length=200)),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), blank=True, default=list, size=None
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("tenant_id", "key"), name="field_key_once")],
            },
        ),
        EnableTenancy("customfield"),
    ]
