from django.db import migrations

from zhiyin.platform.tenancy import EnableTenancy

TIMELINE = """
CREATE TABLE customers_timelineevent (
    occurred_at timestamptz NOT NULL,
    id uuid NOT NULL DEFAULT uuid7(),
    tenant_id uuid NOT NULL DEFAULT current_tenant(),
    customer_id uuid NOT NULL,
    kind varchar(20) NOT NULL,
    actor_name varchar(100) NOT NULL DEFAULT '',
    object_id uuid,
    import_id uuid,
    data jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (occurred_at, id)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX timeline_by_customer ON customers_timelineevent (customer_id, occurred_at, id);

-- Makes the monthly partitions from one month to another. The application role may call it and cannot
-- make tables otherwise. A partition has row-level security and a policy for the owner's backups alone, since
-- pg_dump reads it directly: others reach it only through its parent, whose policies hold.
CREATE FUNCTION timeline_partitions(earliest timestamptz, latest timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    month timestamptz := date_trunc('month', earliest);
    partition text;
BEGIN
    IF latest - earliest > interval '200 years' THEN
        RAISE EXCEPTION 'timeline of more than 200 years';
    END IF;
    WHILE month <= latest LOOP
        partition := 'customers_timelineevent_' || to_char(month, 'YYYYMM');
        IF to_regclass('public.' || partition) IS NULL THEN
            PERFORM pg_advisory_xact_lock(7236411);
            IF to_regclass('public.' || partition) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE public.%I PARTITION OF public.customers_timelineevent FOR VALUES FROM (%L) TO (%L)',
                    partition, month, month + interval '1 month');
                EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', partition);
                EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', partition);
                EXECUTE format(
                    'CREATE POLICY maintenance ON public.%I TO CURRENT_USER'
                    ' USING (current_setting(''zhiyin.maintenance'', true) = ''on'')', partition);
            END IF;
        END IF;
        month := month + interval '1 month';
    END LOOP;
END $$;
"""

# A GIN index is no use to a role under row-level security, because array containment is not leakproof.
# This function reads the index as the owner, for the transaction's tenant, and gives back ids only:
# the rows behind them still come through the policies.
SEARCH = """
CREATE INDEX customer_search_tokens ON customers_customersearch USING gin (tokens);
CREATE POLICY search ON customers_customersearch FOR SELECT TO CURRENT_USER USING (true);

CREATE FUNCTION search_customers(wanted integer[], patterns text[], most integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
    SELECT customer_id FROM public.customers_customersearch
    WHERE tokens @> wanted AND tenant_id = public.current_tenant() AND text LIKE ALL (patterns)
    LIMIT most
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [
        migrations.RunSQL(
            TIMELINE,
            "DROP FUNCTION timeline_partitions(timestamptz, timestamptz); DROP TABLE customers_timelineevent",
        ),
        EnableTenancy("customer"),
        EnableTenancy("customersearch"),
        EnableTenancy("contactpoint"),
        EnableTenancy("tag"),
        EnableTenancy("customertag"),
        EnableTenancy("note"),
        EnableTenancy("timelineevent"),
        EnableTenancy("statuschange"),
        EnableTenancy("savedview"),
        migrations.RunSQL(
            SEARCH,
            "DROP FUNCTION search_customers(integer[], text[], integer);"
            " DROP POLICY search ON customers_customersearch; DROP INDEX customer_search_tokens",
        ),
    ]
