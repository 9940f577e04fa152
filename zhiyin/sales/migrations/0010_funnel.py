"""How far each opportunity came, and the cells that a funnel adds up."""

import django.db.models.deletion
from django.db import migrations, models

from zhiyin.platform.keys import uuid7
from zhiyin.platform.tenancy import CurrentTenant, EnableTenancy, NewKey

FURTHEST = """
UPDATE sales_opportunity o SET furthest_id = coalesce(
    (SELECT s.id FROM sales_stagestay t JOIN sales_stage s ON s.id = t.stage_id
     WHERE t.opportunity_id = o.id AND s.pipeline_id = o.pipeline_id AND s.kind = 'open' ORDER BY s.position DESC LIMIT 1),
    (SELECT s.id FROM sales_stage s WHERE s.pipeline_id = o.pipeline_id AND s.kind = 'open' ORDER BY s.position LIMIT 1),
    o.stage_id)
WHERE o.furthest_id IS NULL
"""
COUNT = """
INSERT INTO sales_funnelcell (tenant_id, part, pipeline_id, month, state, owner_id, unit_id, stage_id, reason_id, source,
    currency, count, amount, unknown, timed, days)
SELECT o.tenant_id, p.part, o.pipeline_id, p.month, o.state, o.owner_id, o.unit_id, p.stage_id, p.reason_id, p.source,
    o.currency, sum(o.sign), coalesce(sum(o.sign * o.amount), 0), coalesce(sum(o.sign) FILTER (WHERE o.amount IS NULL), 0),
    coalesce(sum(o.sign) FILTER (WHERE o.closed_on >= o.engaged_on), 0),
    coalesce(sum(o.sign * (o.closed_on - o.engaged_on)) FILTER (WHERE o.closed_on >= o.engaged_on), 0)
FROM ({changed}) AS o JOIN accounts_tenant c ON c.id = o.tenant_id
CROSS JOIN LATERAL (VALUES
    ('way', date_trunc('month', o.created_at AT TIME ZONE c.time_zone)::date, o.furthest_id, NULL::uuid, ''),
    ('source', date_trunc('month', o.created_at AT TIME ZONE c.time_zone)::date, NULL, NULL, o.source),
    ('close', date_trunc('month', o.closed_on)::date, NULL, o.reason_id, '')
) AS p (part, month, stage_id, reason_id, source)
WHERE o.removed_at IS NULL AND p.month IS NOT NULL
GROUP BY o.tenant_id, p.part, o.pipeline_id, p.month, o.state, o.owner_id, o.unit_id, p.stage_id, p.reason_id, p.source, o.currency
HAVING sum(o.sign) <> 0 OR sum(o.sign * o.amount) <> 0 OR sum(o.sign) FILTER (WHERE o.amount IS NULL) <> 0
    OR sum(o.sign) FILTER (WHERE o.closed_on >= o.engaged_on) <> 0
    OR sum(o.sign * (o.closed_on - o.engaged_on)) FILTER (WHERE o.closed_on >= o.engaged_on) <> 0
"""
NAMES = (
    "tenant_id, pipeline_id, state, owner_id, unit_id, furthest_id, reason_id, source, currency, amount, engaged_on, closed_on,"
    " created_at, removed_at"
)
FRESH, GONE, ALL = (
    f"SELECT {sign} AS sign, {NAMES} FROM {table}"  # noqa: S608 - names of ours
    for sign, table in ((1, "fresh"), (-1, "gone"), (1, "sales_opportunity"))
)
EVENTS = {
    "insert": (FRESH, "NEW TABLE AS fresh"),
    "update": (f"{FRESH} UNION ALL {GONE}", "OLD TABLE AS gone NEW TABLE AS fresh"),
    "delete": (GONE, "OLD TABLE AS gone"),
}


def trigger(event: str) -> tuple[str, str]:
    changed, transition = EVENTS[event]
    name = f"sales_funnel_{event}"
    make = (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {COUNT.format(changed=changed)};"
        f" RETURN NULL; END $$; CREATE TRIGGER {name} AFTER {event.upper()} ON sales_opportunity REFERENCING {transition}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )
    return make, f"DROP TRIGGER {name} ON sales_opportunity; DROP FUNCTION {name}()"


def fill(_apps, schema_editor):
    """For companies that there are: how far their opportunities came, and the cells of all of them."""
    count = COUNT.format(changed=ALL)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id FROM accounts_tenant")
        for (tenant,) in cursor.fetchall():
            cursor.execute("SELECT set_config('zhiyin.tenant', %s, true)", [str(tenant)])
            cursor.execute(FURTHEST)
            cursor.execute(count)
        cursor.execute("SELECT set_config('zhiyin.tenant', '', true)")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [("sales", "0009_lead_form_tenancy")]
    operations = [
        migrations.AddField(
            "opportunity",
            "furthest",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="sales.stage",
            ),
        ),
        migrations.CreateModel(
            name="FunnelCell",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=NewKey(), default=uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(db_default=CurrentTenant(), editable=False)),
                (
                    "part",
                    models.CharField(
                        choices=[("way", "Way"), ("source", "Source"), ("close", "Close")], max_length=6
                    ),
                ),
                ("pipeline_id", models.UUIDField()),
                ("month", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("won", "Won"), ("lost", "Lost")], max_length=4
                    ),
                ),
                ("owner_id", models.UUIDField(null=True)),
                ("unit_id", models.UUIDField(null=True)),
                ("stage_id", models.UUIDField(null=True)),
                ("reason_id", models.UUIDField(null=True)),
                ("source", models.CharField(max_length=100)),
                ("currency", models.CharField(max_length=3)),
                ("count", models.IntegerField()),
                ("amount", models.DecimalField(decimal_places=4, max_digits=22)),
                ("unknown", models.IntegerField()),
                ("timed", models.IntegerField()),
                ("days", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["tenant_id", "part", "pipeline_id", "month"], name="funnel_cell_by_month"
                    )
                ],
            },
        ),
        EnableTenancy("funnelcell"),
        migrations.AddIndex(
            "stagestay",
            models.Index(
                condition=models.Q(("left_at__isnull", False)),
                fields=["stage", "left_at"],
                name="stage_stay_by_end",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        *(migrations.RunSQL(*trigger(event)) for event in EVENTS),
        migrations.AlterField(
            "opportunity",
            "furthest",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="sales.stage",
            ),
        ),
    ]
