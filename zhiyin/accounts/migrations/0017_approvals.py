from django.db import migrations

# Roles of companies that were there before approvals: who leads sales people decides.
GIVE = """
SELECT set_config('zhiyin.maintenance', 'on', true);
UPDATE accounts_role SET version = version + 1, permissions = permissions || '{approvals.decide}'::varchar[]
WHERE NOT holds_all AND permissions @> '{customers.assign}'::varchar[] AND NOT permissions @> '{approvals.decide}'::varchar[];
SELECT set_config('zhiyin.maintenance', '', true);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0016_sales")]

    operations = [migrations.RunSQL(GIVE, migrations.RunSQL.noop)]
