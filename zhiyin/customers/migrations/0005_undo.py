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
        ("customers", "0004_track_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Undo",
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
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("owner", "Owner changed"),
                            ("tag", "Tag put on"),
                            ("untag", "Tag taken off"),
                            ("note_changed", "Note changed"),
                            ("note_removed", "Note removed"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "customer_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, size=None
                    ),
                ),
                (
                    "owner_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(null=True), default=list, size=None
                    ),
                ),
                (
                    "unit_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(null=True), default=list, size=None
                    ),
                ),
                (
                    "versions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, size=None
                    ),
                ),
                (
                    "link_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, size=None
                    ),
                ),
                (
                    "data",
                    models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder),
                ),
                ("created_at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "member",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.member",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant_id", "created_at"], name="undo_by_creation")],
            },
        ),
        EnableTenancy("undo"),
    ]
