import django.db.models.functions.datetime
from django.db import migrations, models

import zhiyin.platform.keys
import zhiyin.platform.tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("platform", "0007_notifications"),
    ]

    operations = [
        migrations.CreateModel(
            name="MasterKey",
            fields=[
                ("version", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="SubjectKey",
            fields=[
                ("subject_id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "tenant_id",
                    models.UUIDField(db_default=zhiyin.platform.tenancy.CurrentTenant(), editable=False),
                ),
                ("version", models.PositiveIntegerField()),
                ("wrapped", models.BinaryField(null=True)),
                ("destroyed_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["tenant_id", "version"], name="subject_key_by_version")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("destroyed_at__isnull", False), ("wrapped", None)),
                            models.Q(("destroyed_at", None), ("wrapped__isnull", False)),
                            _connector="OR",
                        ),
                        name="subject_key_or_not",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TenantKey",
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
                ("purpose", models.CharField(max_length=12)),
                ("version", models.PositiveIntegerField()),
                ("master", models.CharField(max_length=64)),
                ("wrapped", models.BinaryField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant_id", "purpose", "version"), name="tenant_key_once"
                    )
                ],
            },
        ),
        zhiyin.platform.tenancy.EnableTenancy("tenantkey"),
        zhiyin.platform.tenancy.EnableTenancy("subjectkey"),
    ]
