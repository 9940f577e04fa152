from django.db import migrations, models

import zhiyin.platform.keys
import zhiyin.platform.tenancy

# Logs that were sealed before: their inner nodes level by level as RFC 6962 has them, every eighth kept, and
# to each seal the one before it.
FILL = r"""
DO $$
DECLARE depth int;
BEGIN
    PERFORM set_config('zhiyin.maintenance', 'on', true);
    ALTER TABLE platform_auditseal DISABLE TRIGGER append_only;
    UPDATE platform_auditseal s SET previous = b.size
    FROM (SELECT id, lag(size, 1, 0::bigint) OVER (PARTITION BY tenant_id ORDER BY size) AS size FROM platform_auditseal) b
    WHERE b.id = s.id;
    ALTER TABLE platform_auditseal ENABLE TRIGGER append_only;
    CREATE TEMPORARY TABLE audit_level ON COMMIT DROP AS
        SELECT tenant_id, sequence - 1 AS place, leaf AS hash FROM platform_auditleaf;
    FOR depth IN 1..62 LOOP
        CREATE TEMPORARY TABLE audit_next ON COMMIT DROP AS
            SELECT l.tenant_id, l.place / 2 AS place, sha256('\x01'::bytea || l.hash || r.hash) AS hash
            FROM audit_level l JOIN audit_level r ON r.tenant_id = l.tenant_id AND r.place = l.place + 1
            WHERE l.place % 2 = 0;
        DROP TABLE audit_level;
        ALTER TABLE audit_next RENAME TO audit_level;
        EXIT WHEN NOT EXISTS (SELECT FROM audit_level);
        IF depth % 8 = 0 THEN
            INSERT INTO platform_auditnode (tenant_id, level, index, hash)
            SELECT tenant_id, depth, place, hash FROM audit_level;
        END IF;
    END LOOP;
    DROP TABLE audit_level;
    PERFORM set_config('zhiyin.maintenance', '', true);
END $$;
"""


def keys() -> list[tuple[str, models.Field]]:
    return [
        (
            "id",
            models.UUIDField(
                db_default=zhiyin.platform.tenancy.NewKey(),
                default=zhiyin.platform.keys.uuid7,
                editable=False,
                primary_key=True,
                serialize=False,
            ),
        ),
        ("tenant_id", models.UUIDField(db_default=zhiyin.platform.tenancy.CurrentTenant(), editable=False)),
    ]


class Migration(migrations.Migration):
    dependencies = [("platform", "0005_dismissed")]
    operations = [
        migrations.AddField("auditseal", "previous", models.BigIntegerField(default=0)),
        migrations.CreateModel(
            name="AuditNode",
            fields=[
                *keys(),
                ("level", models.PositiveSmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["tenant_id", "level", "index"], name="audit_node_place")
                ]
            },
        ),
        migrations.CreateModel(
            name="AuditCheckpoint",
            fields=[
                *keys(),
                ("size", models.BigIntegerField()),
                ("note", models.TextField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["tenant_id", "size"], name="audit_checkpoint_size")
                ]
            },
        ),
        zhiyin.platform.tenancy.EnableTenancy("auditnode", append_only=True),
        zhiyin.platform.tenancy.EnableTenancy("auditcheckpoint", append_only=True),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
