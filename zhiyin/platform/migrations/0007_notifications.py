import django.core.serializers.json
from django.db import migrations, models

import zhiyin.platform.keys
import zhiyin.platform.tenancy
from zhiyin.platform.tenancy import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [
        ("platform", "0006_audit_proofs"),
    ]

    operations = [
        migrations.CreateModel(
            name="Notification",
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
                ("member_id", models.UUIDField()),
                ("kind", models.CharField(max_length=60)),
                (
                    "data",
                    models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder),
                ),
                ("created_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["member_id", "-id"], name="notification_of_member"),
                    models.Index(
                        condition=models.Q(("seen_at", None)),
                        fields=["member_id"],
                        name="notification_unseen",
                    ),
                ],
            },
        ),
        EnableTenancy("notification"),
    ]
