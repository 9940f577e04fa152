from django.db import migrations

# Entries may lose what they say about an erased person, in exactly this way and no other. The application role has no
# right to update them at all, so it goes through the function; what is blotted out without an entry that lists it,
# the check of the log finds.
REDACTION = """
CREATE FUNCTION redact_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.changes = '{"redacted": [null, true]}'
       AND to_jsonb(NEW) - 'changes' = to_jsonb(OLD) - 'changes' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
DROP TRIGGER append_only ON platform_auditentry;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON platform_auditentry
    FOR EACH ROW EXECUTE FUNCTION redact_only();
CREATE FUNCTION redact_entries(keys uuid[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$ UPDATE platform_auditentry SET changes = '{"redacted": [null, true]}' WHERE id = ANY (keys) $$;
"""
BACK = """
DROP FUNCTION redact_entries(uuid[]);
DROP TRIGGER append_only ON platform_auditentry;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON platform_auditentry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
DROP FUNCTION redact_only();
"""


class Migration(migrations.Migration):
    dependencies = [("platform", "0009_expired_files")]
    operations = [migrations.RunSQL(REDACTION, BACK)]
