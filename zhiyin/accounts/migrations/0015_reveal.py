from django.db import migrations

# Roles of companies that were there before sensitive fields: who leads sales sees them whole, as in new companies.
GIVE = """
SELECT set_config('zhiyin.maintenance', 'on', true);
UPDATE accounts_role SET permissions = permissions || '{customers.reveal}'::varchar[], version = version + 1
WHERE NOT holds_all AND scope = 'subtree'
  AND permissions @> '{customers.edit,customers.export,customers.assign,pools.manage}'::varchar[]
  AND NOT permissions @> '{customers.reveal}'::varchar[];
SELECT set_config('zhiyin.maintenance', '', true);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0014_handover")]

    operations = [migrations.RunSQL(GIVE, migrations.RunSQL.noop)]
