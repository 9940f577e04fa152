from django.db import migrations

# Roles of companies that were there before pools: whoever may delete others' customers may also put them into pools.
GIVE = """
SELECT set_config('zhiyin.maintenance', 'on', true);
UPDATE accounts_role SET permissions = permissions || '{pools.manage}'::varchar[], version = version + 1
WHERE NOT holds_all AND scope IN ('subtree', 'all')
  AND permissions @> '{customers.edit,customers.delete}'::varchar[] AND NOT permissions @> '{pools.manage}'::varchar[];
SELECT set_config('zhiyin.maintenance', '', true);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_field_rules")]

    operations = [migrations.RunSQL(GIVE, migrations.RunSQL.noop)]
