from django.db import migrations, models

# Documents in the order of names lie beside those that a fragment of a name finds too.
FILL = """
DROP INDEX customer_search_tokens;
SELECT set_config('zhiyin.maintenance', 'on', true);
UPDATE customers_customersearch s SET name_key = c.name_key FROM customers_customer c WHERE c.id = s.customer_id;
SELECT set_config('zhiyin.maintenance', '', true);
CREATE INDEX search_in_order ON customers_customersearch (tenant_id, name_key);
CLUSTER customers_customersearch USING search_in_order;
DROP INDEX search_in_order;
CREATE INDEX customer_search_tokens ON customers_customersearch USING gin (tokens);

CREATE FUNCTION follow_name_key() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE public.customers_customersearch SET name_key = NEW.name_key WHERE customer_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER follow_name_key AFTER UPDATE OF name_key ON customers_customer
FOR EACH ROW WHEN (OLD.name_key <> NEW.name_key) EXECUTE FUNCTION follow_name_key();
"""

UNFILL = "DROP TRIGGER follow_name_key ON customers_customer; DROP FUNCTION follow_name_key()"

# With the ids the names' keys, by which a page is chosen without a look at each customer that was found.
SEARCH = """
DROP FUNCTION search_customers(integer[], text[], integer);
CREATE FUNCTION search_customers(wanted integer[], patterns text[], most integer)
RETURNS RETURNED
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
    SELECT COLUMNS FROM public.customers_customersearch s
    WHERE s.tokens @> wanted AND s.tenant_id = public.current_tenant() AND s.text LIKE ALL (patterns)
    LIMIT most
$$;
"""


def _search(returned: str, columns: str) -> str:
    return SEARCH.replace("RETURNED", returned).replace("COLUMNS", columns)


class Migration(migrations.Migration):
    dependencies = [("customers", "0007_relations")]
    operations = [
        migrations.AddField(
            "customersearch",
            "name_key",
            models.CharField(default="", max_length=400),
            preserve_default=False,
        ),
        migrations.RunSQL(FILL, UNFILL),
        migrations.RunSQL(
            _search("TABLE (id uuid, name_key varchar)", "s.customer_id, s.name_key"),
            _search("SETOF uuid", "s.customer_id"),
        ),
    ]
