import django.db.models.deletion
from django.db import migrations, models

import zhiyin.platform.keys
import zhiyin.platform.tenancy
from zhiyin.platform.tenancy import EnableTenancy

# An entry is evidence: only a merge may change it, and only whose file it is on.
LEDGER = """
CREATE TRIGGER ledger BEFORE UPDATE ON customers_consent FOR EACH ROW
WHEN (to_jsonb(new) - 'customer_id' IS DISTINCT FROM to_jsonb(old) - 'customer_id')
EXECUTE FUNCTION refuse_change();
"""
# A trigger, so that whoever founds a company finds its standard purposes there.
STANDARD = """
CREATE FUNCTION add_purposes(tenant uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('zhiyin.tenant', true), '');
BEGIN
    PERFORM set_config('zhiyin.tenant', tenant::text, true);
    INSERT INTO public.customers_purpose (code, basis) VALUES
        ('news', 'consent'), ('survey', 'consent'), ('service', 'contract'), ('profiling', 'interest');
    PERFORM set_config('zhiyin.tenant', before, true);
END $$;

CREATE FUNCTION add_purposes_of_new_tenant() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM public.add_purposes(new.id);
    RETURN NULL;
END $$;

CREATE TRIGGER purposes AFTER INSERT ON accounts_tenant
FOR EACH ROW EXECUTE FUNCTION add_purposes_of_new_tenant();

SELECT add_purposes(id) FROM accounts_tenant;
"""
FORGET = """
DROP TRIGGER purposes ON accounts_tenant;
DROP FUNCTION add_purposes_of_new_tenant();
DROP FUNCTION add_purposes(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0009_custom_fields"),
    ]

    operations = [
        migrations.CreateModel(
            name="Purpose",
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
                ("code", models.CharField(blank=True, db_default="", max_length=20)),
                ("name", models.CharField(blank=True, db_default="", max_length=60)),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("consent", "Consent"),
                            ("contract", "Contract"),
                            ("law", "Legal obligation"),
                            ("interest", "Legitimate interest"),
                        ],
                        max_length=12,
                    ),
                ),
                ("wording", models.TextField(blank=True, db_default="", max_length=4000)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("code", ""), _negated=True),
                        fields=("tenant_id", "code"),
                        name="purpose_code_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Consent",
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
                    "channel",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("phone", "Phone"),
                            ("sms", "SMS"),
                            ("email", "E-mail"),
                            ("wechat", "WeChat"),
                            ("post", "Post"),
                        ],
                        db_default="",
                        max_length=8,
                    ),
                ),
                (
                    "answer",
                    models.CharField(
                        choices=[("given", "Given"), ("refused", "Refused"), ("withdrawn", "Withdrawn")],
                        max_length=10,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("talk", "In a talk"),
                            ("phone", "On the phone"),
                            ("paper", "On paper"),
                            ("web", "On the web"),
                            ("message", "In a message"),
                            ("import", "Brought along from another system"),
                        ],
                        max_length=10,
                    ),
                ),
                ("wording", models.TextField(blank=True, db_default="", max_length=4000)),
                ("proof", models.CharField(blank=True, db_default="", max_length=500)),
                ("actor_name", models.CharField(max_length=100)),
                ("answered_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="consents",
                        to="customers.customer",
                    ),
                ),
                (
                    "purpose",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to="customers.purpose",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["customer", "purpose", "channel", "-answered_at", "-id"],
                        name="consent_by_customer",
                    )
                ],
            },
        ),
        EnableTenancy("purpose"),
        EnableTenancy("consent"),
        migrations.RunSQL(LEDGER, "DROP TRIGGER ledger ON customers_consent"),
        migrations.RunSQL(STANDARD, FORGET),
    ]
