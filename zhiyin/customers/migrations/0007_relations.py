import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import zhiyin.platform.keys
import zhiyin.platform.tenancy
from zhiyin.platform.tenancy import EnableTenancy

# A trigger, so that whoever founds a company finds its standard types there.
STANDARD = """
CREATE FUNCTION add_relation_types(tenant uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('zhiyin.tenant', true), '');
BEGIN
    PERFORM set_config('zhiyin.tenant', tenant::text, true);
    INSERT INTO public.customers_relationtype
        (code, source_kind, target_kind, only_one, acyclic, rolls_up, has_role)
    VALUES
        ('works_at', 'person', 'organisation', false, false, false, true),
        ('parent', 'organisation', 'organisation', true, true, true, false),
        ('household', 'person', 'person', true, true, true, false),
        ('dealer', '', 'organisation', false, true, false, false),
        ('referred_by', '', '', true, true, false, false),
        ('guarantor', '', '', false, false, false, false);
    PERFORM set_config('zhiyin.tenant', before, true);
END $$;

CREATE FUNCTION add_relation_types_of_new_tenant() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM public.add_relation_types(new.id);
    RETURN NULL;
END $$;

CREATE TRIGGER relation_types AFTER INSERT ON accounts_tenant
FOR EACH ROW EXECUTE FUNCTION add_relation_types_of_new_tenant();

SELECT add_relation_types(id) FROM accounts_tenant;
"""
FORGET = """
DROP TRIGGER relation_types ON accounts_tenant;
DROP FUNCTION add_relation_types_of_new_tenant();
DROP FUNCTION add_relation_types(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_holds_all"), ("customers", "0006_by_source")]

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
                ],
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="RelationType",
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
                ("inverse", models.CharField(blank=True, db_default="", max_length=60)),
                (
                    "source_kind",
                    models.CharField(
                        blank=True,
                        choices=[("person", "Person"), ("organisation", "Organisation")],
                        db_default="",
                        max_length=12,
                    ),
                ),
                (
                    "target_kind",
                    models.CharField(
                        blank=True,
                        choices=[("person", "Person"), ("organisation", "Organisation")],
                        db_default="",
                        max_length=12,
                    ),
                ),
                ("only_one", models.BooleanField(db_default=False, default=False)),
                ("acyclic", models.BooleanField(db_default=False, default=False)),
                ("rolls_up", models.BooleanField(db_default=False, default=False)),
                ("has_role", models.BooleanField(db_default=False, default=False)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("code", ""), _negated=True),
                        fields=("tenant_id", "code"),
                        name="relation_type_code_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rolls_up", False), ("acyclic", True), _connector="OR"),
                        name="relation_type_adds_up_without_circles",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Relation",
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
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("decision_maker", "Decision maker"),
                            ("approver", "Approver"),
                            ("influencer", "Influencer"),
                            ("buyer", "Buyer"),
                            ("user", "User"),
                            ("gatekeeper", "Gatekeeper"),
                            ("initiator", "Initiator"),
                        ],
                        db_default="",
                        max_length=20,
                    ),
                ),
                ("title", models.CharField(blank=True, db_default="", max_length=100)),
                ("since", models.DateField(blank=True, null=True)),
                ("until", models.DateField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="relations_out",
                        to="customers.customer",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="relations_in",
                        to="customers.customer",
                    ),
                ),
                (
                    "type",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="relations",
                        to="customers.relationtype",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["source", "type", "id"], name="relation_by_source"),
                    models.Index(fields=["target", "type", "id"], name="relation_by_target"),
                    models.Index(fields=["type"], name="relation_by_type"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("source", models.F("target")), _negated=True),
                        name="relation_to_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("since", None),
                            ("until", None),
                            ("until__gte", models.F("since")),
                            _connector="OR",
                        ),
                        name="relation_ends_later",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("until", None)),
                        fields=("source", "type", "target"),
                        name="relation_once",
                    ),
                ],
            },
        ),
        EnableTenancy("relationtype"),
        EnableTenancy("relation"),
        migrations.RunSQL(STANDARD, FORGET),
    ]
