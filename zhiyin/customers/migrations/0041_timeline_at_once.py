from django.db import migrations

# Of several who miss a month at the same moment the later ones looked into what they remembered of the catalog, found
# nothing there still, and failed. A query sees what was committed while they waited.
FUNCTION = """
CREATE OR REPLACE FUNCTION timeline_partitions(earliest timestamptz, latest timestamptz) RETURNS void
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
            IF NOT EXISTS (
                SELECT FROM pg_class WHERE relname = partition AND relnamespace = 'public'::regnamespace
            ) THEN
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


class Migration(migrations.Migration):
    dependencies = [("customers", "0040_restrictions")]

    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]
