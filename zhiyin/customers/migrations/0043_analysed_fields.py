from django.db import migrations

from zhiyin.analytics.warehouse import Buckets, TrackChanges

# free texts say much about a person and nothing to a model
ANALYSED = """
CREATE FUNCTION analysed_fields(custom jsonb) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN custom <> '{}' THEN (
        SELECT jsonb_object_agg(given.key, given.value)::text FROM jsonb_each(custom) AS given
        JOIN public.customers_customfield f ON f.key = given.key
        WHERE f.tenant_id = public.current_tenant() AND f.archived_at IS NULL AND f.sensitive IS FALSE
            AND f.type IN ('number', 'money', 'date', 'choice', 'choices', 'yes_no')
    ) END
$$;
"""


def _stale_by(columns: list[str]) -> str:
    """The trigger of updates anew, for changes of these columns."""
    track = TrackChanges("customer", dataset="customers", partitions=Buckets("id"), columns=columns)
    name = "customers_customer_customers_update_stale"
    drop = [f"DROP TRIGGER {name} ON customers_customer", f"DROP FUNCTION {name}()"]
    return ";".join([*drop, *track.statements("customers_customer", "update")])


class Migration(migrations.Migration):
    dependencies = [("customers", "0042_filled")]
    operations = [
        migrations.RunSQL(ANALYSED, "DROP FUNCTION analysed_fields(jsonb)"),
        migrations.RunSQL(_stale_by(["kind", "gone", "custom"]), _stale_by(["kind", "gone"])),
    ]
