import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import zhiyin.platform.keys
import zhiyin.platform.tenancy
from zhiyin.platform.tenancy import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_mails"),
        ("customers", "0014_documents"),
    ]

    operations = [
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
                ],
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="Share",
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
                ("may_write", models.BooleanField(db_default=False, default=False)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, db_default="", max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shares",
                        to="customers.customer",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shares",
                        to="accounts.member",
                    ),
                ),
                (
                    "shared_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="shares_given",
                        to="accounts.member",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shares",
                        to="accounts.unit",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["member", "customer"], name="share_by_member"),
                    models.Index(fields=["unit", "customer"], name="share_by_unit"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("member", None), ("unit__isnull", False)),
                            models.Q(("member__isnull", False), ("unit", None)),
                            _connector="OR",
                        ),
                        name="share_with_one",
                    ),
                    models.UniqueConstraint(
                        fields=("customer", "member", "unit"), name="share_once", nulls_distinct=False
                    ),
                ],
            },
        ),
        EnableTenancy("share"),
    ]
