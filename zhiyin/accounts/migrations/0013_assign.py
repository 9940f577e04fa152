from django.db import migrations

# Roles of companies that were there before hand-overs: whoever manages pools may give away what others have.
GIVE = """
SELECT set_config('zhiyin.maintenance', 'on', true);
UPDATE accounts_role SET permissions = permissions || '{customers.assign}'::varchar[], version = version + 1
WHERE NOT holds_all AND permissions @> '{customers.edit,pools.manage}'::varchar[]
  AND NOT permissions @> '{customers.assign}'::varchar[];
SELECT set_config('zhiyin.maintenance', '', true);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_assign_rules")]

    operations = [migrations.RunSQL(GIVE, migrations.RunSQL.noop)]
