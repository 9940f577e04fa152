import django.contrib.postgres.fields
import django.core.serializers.json
import django.db.models.deletion
from django.db import migrations, models

import zhiyin.platform.keys
import zhiyin.platform.tenancy
from zhiyin.platform.tenancy import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_holds_all"),
        ("customers", "0012_gone"),
    ]

    operations = [
        migrations.CreateModel(
            name="DuplicateRules",
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
                ("automatic", models.BooleanField(default=False)),
                ("precision", models.FloatField(default=0.999)),
                ("tell_others", models.BooleanField(default=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("precision__gte", 0.9), ("precision__lt", 1)),
                        name="duplicate_precision",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Merge",
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
                ("survivor_id", models.UUIDField()),
                (
                    "customer_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None),
                ),
                (
                    "changed",
                    models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder),
                ),
                ("precision", models.FloatField(null=True)),
                ("actor_name", models.CharField(max_length=100)),
                ("merged_at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "member",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.member",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MergedRow",
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
                ("part", models.CharField(max_length=40)),
                ("row_id", models.UUIDField()),
                ("vanished_id", models.UUIDField()),
                ("removed", models.BooleanField(default=False)),
                (
                    "kept",
                    models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder),
                ),
                (
                    "merge",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="customers.merge",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Suspect",
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
                ("one_id", models.UUIDField()),
                ("other_id", models.UUIDField()),
                ("probability", models.FloatField()),
                ("evidence", models.JSONField(default=dict)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("open", "Not decided"),
                            ("later", "Later"),
                            ("merged", "Merged"),
                            ("different", "Not the same"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("found_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(blank=True, db_default="", max_length=100)),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["tenant_id", "verdict", "-probability", "id"], name="suspect_by_verdict"
                    ),
                    models.Index(fields=["other_id"], name="suspect_by_other"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "one_id", "other_id"), name="suspect_once"),
                    models.CheckConstraint(
                        condition=models.Q(("one_id__lt", models.F("other_id"))), name="suspect_in_order"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="merge",
            index=models.Index(fields=["tenant_id", "-merged_at", "-id"], name="merge_by_time"),
        ),
        migrations.AddIndex(
            model_name="merge",
            index=models.Index(fields=["survivor_id", "-merged_at"], name="merge_by_survivor"),
        ),
        migrations.AddIndex(
            model_name="mergedrow",
            index=models.Index(fields=["merge", "part", "vanished_id"], name="merged_row_by_merge"),
        ),
        *(EnableTenancy(name) for name in ("merge", "mergedrow", "suspect", "duplicaterules")),
    ]
