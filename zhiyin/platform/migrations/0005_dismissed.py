from django.db import migrations, models

PRUNE = """
CREATE OR REPLACE FUNCTION outbox_prune(before timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    latest timestamptz := least(before, now() - interval '7 days');
    removed bigint;
BEGIN
    PERFORM set_config('zhiyin.maintenance', 'on', true);
    DELETE FROM public.outbox_delivery WHERE state IN (STATES) AND done_at < latest;
    DELETE FROM public.outbox_event e WHERE e.occurred_at < latest
        AND NOT EXISTS (SELECT FROM public.outbox_delivery d WHERE d.event_id = e.id);
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM set_config('zhiyin.maintenance', '', true);
    RETURN removed;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("platform", "0004_outbox_prune")]
    operations = [
        migrations.AlterField(
            "outboxdelivery",
            "state",
            models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("done", "Done"),
                    ("dead", "Given up"),
                    ("dismissed", "Dismissed"),
                ],
                default="pending",
                max_length=10,
            ),
        ),
        migrations.RunSQL(PRUNE.replace("STATES", "'done', 'dismissed'"), PRUNE.replace("STATES", "'done'")),
    ]
