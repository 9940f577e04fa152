from django.db import migrations, models

from zhiyin.analytics.warehouse import Buckets, TrackChanges

# Who is gone is hidden where companies are kept apart, so that no list, search or count has to think of it.
POLICY = """
ALTER POLICY tenant ON customers_customer USING (
    tenant_id = current_tenant() AND (gone = '' OR current_setting('zhiyin.with_gone', true) = 'on'));
"""
UNPOLICY = "ALTER POLICY tenant ON customers_customer USING (tenant_id = current_tenant());"

# Merges follow each other; at the end of the chain is who has the file today, unless that one was deleted.
SURVIVING = """
CREATE FUNCTION surviving_customer(key uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
DECLARE
    before text := coalesce(current_setting('zhiyin.with_gone', true), '');
    found uuid;
BEGIN
    PERFORM set_config('zhiyin.with_gone', 'on', true);
    WITH RECURSIVE chain AS (
        SELECT c.id, c.gone, c.merged_into FROM customers_customer c WHERE c.id = key
        UNION
        SELECT c.id, c.gone, c.merged_into FROM customers_customer c JOIN chain ON c.id = chain.merged_into
    )
    SELECT id INTO found FROM chain WHERE gone = '';
    PERFORM set_config('zhiyin.with_gone', before, true);
    RETURN found;
END $$;
"""

FOLLOW = """
CREATE FUNCTION follow_gone() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE public.customers_customersearch SET gone = (NEW.gone <> '') WHERE customer_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER follow_gone AFTER UPDATE OF gone ON customers_customer
FOR EACH ROW WHEN (OLD.gone <> NEW.gone) EXECUTE FUNCTION follow_gone();
"""

SEARCH = """
CREATE OR REPLACE FUNCTION search_customers(wanted integer[], patterns text[], most integer)
RETURNS TABLE (id uuid, name_key varchar)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
    SELECT s.customer_id, s.name_key FROM public.customers_customersearch s
    WHERE s.tokens @> wanted AND s.tenant_id = public.current_tenant() AND s.text LIKE ALL (patterns)PRESENT
    LIMIT most
$$;
"""


def _stale_by(columns: list[str]) -> str:
    """The trigger of updates anew, for changes of these columns."""
    track = TrackChanges("customer", dataset="customers", partitions=Buckets("id"), columns=columns)
    name = "customers_customer_customers_update_stale"
    drop = [f"DROP TRIGGER {name} ON customers_customer", f"DROP FUNCTION {name}()"]
    return ";".join([*drop, *track.statements("customers_customer", "update")])


class Migration(migrations.Migration):
    dependencies = [("customers", "0011_contact_checks")]
    operations = [
        migrations.AddField(
            "customer",
            "gone",
            models.CharField(
                blank=True,
                choices=[("merged", "Merged"), ("deleted", "Deleted")],
                db_default="",
                default="",
                editable=False,
                max_length=8,
            ),
        ),
        migrations.AddField("customer", "gone_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField("customer", "merged_into", models.UUIDField(editable=False, null=True)),
        migrations.AddIndex(
            "customer",
            models.Index(
                condition=models.Q(("merged_into__isnull", False)),
                fields=["merged_into"],
                name="customer_by_survivor",
            ),
        ),
        migrations.AddField(
            "customersearch", "gone", models.BooleanField(db_default=False, default=False, editable=False)
        ),
        migrations.RunSQL(POLICY, UNPOLICY),
        migrations.RunSQL(SURVIVING, "DROP FUNCTION surviving_customer(uuid)"),
        migrations.RunSQL(
            FOLLOW, "DROP TRIGGER follow_gone ON customers_customer; DROP FUNCTION follow_gone()"
        ),
        migrations.RunSQL(SEARCH.replace("PRESENT", " AND NOT s.gone"), SEARCH.replace("PRESENT", "")),
        migrations.RunSQL(_stale_by(["kind", "gone"]), _stale_by(["kind"])),
    ]
