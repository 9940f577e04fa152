from django.db import migrations

from zhiyin.platform.tenancy import EnableTenancy

# The worker has to know where there is work before it can enter a tenant. These functions look at all
# tenants as the owner (whose policy asks for zhiyin.maintenance; it opens nothing to other roles) and give
# back ids and counts only.
WORK = """
CREATE FUNCTION outbox_tenants() RETURNS SETOF uuid LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('zhiyin.maintenance', 'on', true);
    RETURN QUERY SELECT DISTINCT tenant_id FROM public.outbox_delivery WHERE state = 'pending' AND due_at <= now();
    PERFORM set_config('zhiyin.maintenance', '', true);
END $$;

CREATE FUNCTION audit_tenants() RETURNS SETOF uuid LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('zhiyin.maintenance', 'on', true);
    RETURN QUERY SELECT DISTINCT tenant_id FROM public.platform_auditpending;
    PERFORM set_config('zhiyin.maintenance', '', true);
END $$;

CREATE FUNCTION jobs_running() RETURNS TABLE (tenant uuid, job uuid, queue bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('zhiyin.maintenance', 'on', true);
    RETURN QUERY SELECT tenant_id, id, queue_id FROM public.platform_job WHERE state = 'running';
    PERFORM set_config('zhiyin.maintenance', '', true);
END $$;

CREATE INDEX job_running ON platform_job (id) WHERE state = 'running';

CREATE FUNCTION jobs_count() RETURNS TABLE (kind text, state text, jobs bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('zhiyin.maintenance', 'on', true);
    RETURN QUERY SELECT j.kind::text, j.state::text, count(*) FROM public.platform_job j GROUP BY 1, 2;
    PERFORM set_config('zhiyin.maintenance', '', true);
END $$;

CREATE FUNCTION outbox_backlog() RETURNS TABLE (pending bigint, dead bigint, oldest timestamptz)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('zhiyin.maintenance', 'on', true);
    RETURN QUERY SELECT count(*) FILTER (WHERE state = 'pending'), count(*) FILTER (WHERE state = 'dead'),
           min(due_at) FILTER (WHERE state = 'pending')
    FROM public.outbox_delivery WHERE state IN ('pending', 'dead');
    PERFORM set_config('zhiyin.maintenance', '', true);
END $$;
"""
DROP = """
DROP FUNCTION outbox_backlog(); DROP FUNCTION jobs_count(); DROP INDEX job_running;
DROP FUNCTION jobs_running(); DROP FUNCTION audit_tenants(); DROP FUNCTION outbox_tenants();
"""


class Migration(migrations.Migration):
    dependencies = [("platform", "0002_records")]
    operations = [
        EnableTenancy("outboxevent"),
        EnableTenancy("outboxdelivery"),
        EnableTenancy("auditentry", append_only=True),
        EnableTenancy("auditpending"),
        EnableTenancy("auditleaf", append_only=True),
        EnableTenancy("auditseal", append_only=True),
        EnableTenancy("job"),
        EnableTenancy("storedfile"),
        migrations.RunSQL(WORK, DROP),
    ]
