import django.db.models.deletion
from django.db import migrations, models

import zhiyin.platform.database.joins
import zhiyin.platform.tenancy
from zhiyin.platform.tenancy import EnableTenancy

PARTS = 64
# By field, so that the planner knows what each field holds: how many gold customers there are, how many points are
# above 9,000. As with the timeline, others reach a part only through its parent, whose policies hold.
TABLE = f"""
CREATE TABLE customers_fieldvalue (
    customer_id uuid NOT NULL,
    field_id uuid NOT NULL,
    place smallint NOT NULL,
    tenant_id uuid NOT NULL DEFAULT current_tenant(),
    text varchar(200) COLLATE "C",
    number double precision,
    PRIMARY KEY (customer_id, field_id, place)
) PARTITION BY HASH (field_id);
CREATE INDEX field_value_by_text ON customers_fieldvalue (tenant_id, field_id, text, customer_id)
    WHERE text IS NOT NULL;
CREATE INDEX field_value_by_number ON customers_fieldvalue (tenant_id, field_id, number, customer_id)
    WHERE number IS NOT NULL;
DO $$
DECLARE
    part text;
BEGIN
    FOR place IN 0..{PARTS - 1} LOOP
        part := 'customers_fieldvalue_' || place;
        EXECUTE format('CREATE TABLE public.%I PARTITION OF public.customers_fieldvalue'
            ' FOR VALUES WITH (MODULUS {PARTS}, REMAINDER %s)', part, place);
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', part);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', part);
        EXECUTE format('CREATE POLICY maintenance ON public.%I TO CURRENT_USER'
            ' USING (current_setting(''zhiyin.maintenance'', true) = ''on'')', part);
        -- a sample takes those whose customers meet in it twice for far fewer customers
        EXECUTE format('ALTER TABLE public.%I ALTER COLUMN customer_id SET (n_distinct = -1)', part);
        EXECUTE format('CREATE STATISTICS public.%I (mcv) ON tenant_id, field_id, text FROM public.%I',
            part || '_known', part);
    END LOOP;
END $$;
"""

# One row a value, several for several choices; numbers apart, so that each type has an index in its own order.
READ = """
CREATE FUNCTION field_values(value jsonb) RETURNS TABLE (place smallint, text varchar, number double precision)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 0::smallint, NULL::varchar, (CASE jsonb_typeof(value) WHEN 'number' THEN value END)::double precision
    WHERE jsonb_typeof(value) = 'number'
    UNION ALL
    SELECT 0::smallint, left(lower(value #>> '{}'), 200)::varchar, NULL
    WHERE jsonb_typeof(value) IN ('string', 'boolean')
    UNION ALL
    SELECT (chosen.place - 1)::smallint, left(lower(chosen.option), 200)::varchar, NULL
    FROM jsonb_array_elements_text(CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE '[]' END)
        WITH ORDINALITY AS chosen (option, place)
$$;
"""

# Many new customers at once cost one statement; a changed one costs only the values that are different.
FOLLOW = """
CREATE FUNCTION follow_new_fields() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.customers_fieldvalue (tenant_id, customer_id, field_id, place, text, number)
    SELECT c.tenant_id, c.id, f.id, v.* FROM fresh c, jsonb_each(c.custom) AS given
    JOIN public.customers_customfield f ON f.key = given.key, public.field_values(given.value) v
    WHERE c.custom <> '{}' AND f.tenant_id = c.tenant_id;
    RETURN NULL;
END $$;
CREATE TRIGGER follow_new_fields AFTER INSERT ON customers_customer
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION follow_new_fields();

CREATE FUNCTION follow_fields() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    field record;
BEGIN
    FOR field IN
        SELECT f.id, OLD.custom ? f.key AS had, NEW.custom -> f.key AS value FROM public.customers_customfield f
        WHERE f.tenant_id = NEW.tenant_id AND OLD.custom -> f.key IS DISTINCT FROM NEW.custom -> f.key
    LOOP
        IF field.had THEN
            DELETE FROM public.customers_fieldvalue v WHERE v.customer_id = NEW.id AND v.field_id = field.id;
        END IF;
        IF field.value IS NOT NULL THEN
            INSERT INTO public.customers_fieldvalue (tenant_id, customer_id, field_id, place, text, number)
            SELECT NEW.tenant_id, NEW.id, field.id, v.* FROM public.field_values(field.value) v;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER follow_fields AFTER UPDATE OF custom ON customers_customer
FOR EACH ROW WHEN (OLD.custom IS DISTINCT FROM NEW.custom) EXECUTE FUNCTION follow_fields();

CREATE FUNCTION forget_fields() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM public.customers_fieldvalue v USING gone WHERE v.customer_id = gone.id;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_fields AFTER DELETE ON customers_customer
REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION forget_fields();

CREATE FUNCTION forget_field() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM public.customers_fieldvalue v WHERE v.tenant_id = OLD.tenant_id AND v.field_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_field AFTER DELETE ON customers_customfield FOR EACH ROW EXECUTE FUNCTION forget_field();
"""

FILL = """
SELECT set_config('zhiyin.maintenance', 'on', true);
INSERT INTO customers_fieldvalue (tenant_id, customer_id, field_id, place, text, number)
SELECT c.tenant_id, c.id, f.id, v.* FROM customers_customer c, jsonb_each(c.custom) AS given
JOIN customers_customfield f ON f.key = given.key, field_values(given.value) v
WHERE c.custom <> '{}' AND f.tenant_id = c.tenant_id;
SELECT set_config('zhiyin.maintenance', '', true);
"""

UNFOLLOW = """
DROP TRIGGER follow_new_fields ON customers_customer;
DROP TRIGGER follow_fields ON customers_customer;
DROP TRIGGER forget_fields ON customers_customer;
DROP TRIGGER forget_field ON customers_customfield;
DROP FUNCTION follow_new_fields(), follow_fields(), forget_fields(), forget_field();
"""

STATE = migrations.CreateModel(
    name="FieldValue",
    fields=[
        (
            "pk",
            models.CompositePrimaryKey(
                "customer_id",
                "field_id",
                "place",
                blank=True,
                editable=False,
                primary_key=True,
                serialize=False,
            ),
        ),
        ("tenant_id", models.UUIDField(db_default=zhiyin.platform.tenancy.CurrentTenant(), editable=False)),
        ("customer_id", models.UUIDField()),
        ("field_id", models.UUIDField()),
        ("place", models.SmallIntegerField()),
        ("text", models.CharField(db_collation="C", max_length=200, null=True)),
        ("number", models.FloatField(null=True)),
    ],
    options={
        "indexes": [
            models.Index(
                condition=models.Q(("text__isnull", False)),
                fields=["tenant_id", "field_id", "text", "customer_id"],
                name="field_value_by_text",
            ),
            models.Index(
                condition=models.Q(("number__isnull", False)),
                fields=["tenant_id", "field_id", "number", "customer_id"],
                name="field_value_by_number",
            ),
        ]
    },
)


class Migration(migrations.Migration):
    dependencies = [("customers", "0026_status_flow")]
    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(TABLE, "DROP TABLE customers_fieldvalue")], [STATE]
        ),
        EnableTenancy("fieldvalue"),
        migrations.AddField(
            "customer",
            "own_value",
            zhiyin.platform.database.joins.OneOfMany(
                from_fields=["id"],
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="customers.fieldvalue",
                to_fields=["customer_id"],
            ),
        ),
        migrations.RunSQL(READ, "DROP FUNCTION field_values(jsonb)"),
        migrations.RunSQL(FOLLOW, UNFOLLOW),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
