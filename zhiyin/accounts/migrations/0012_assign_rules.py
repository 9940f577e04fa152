from django.db import migrations

# Roles of companies that were there before rules of assignment: whoever reaches all records and sets up both pools
# and the company also sets up the rules.
GIVE = """
SELECT set_config('zhiyin.maintenance', 'on', true);
UPDATE accounts_role SET permissions = permissions || '{customers.assign_rules}'::varchar[], version = version + 1
WHERE NOT holds_all AND scope = 'all' AND permissions @> '{pools.manage,settings.manage}'::varchar[]
  AND NOT permissions @> '{customers.assign_rules}'::varchar[];
SELECT set_config('zhiyin.maintenance', '', true);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_requests")]

    operations = [migrations.RunSQL(GIVE, migrations.RunSQL.noop)]
