from django.db import migrations

# Roles of companies that were there before sales: who sees orders sees opportunities, who sells works on them,
# and who leads sales people sets pipelines up.
GIVE = """
SELECT set_config('zhiyin.maintenance', 'on', true);
UPDATE accounts_role SET version = version + 1, permissions = permissions || '{sales.view}'::varchar[]
    || CASE WHEN permissions @> '{orders.edit,activities.edit}' THEN '{sales.edit}' ELSE '{}' END::varchar[]
    || CASE WHEN permissions @> '{orders.edit,customers.assign}' THEN '{sales.export,sales.manage}' ELSE '{}' END::varchar[]
WHERE NOT holds_all AND permissions @> '{orders.view}'::varchar[] AND NOT permissions @> '{sales.view}'::varchar[];
SELECT set_config('zhiyin.maintenance', '', true);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_reveal")]

    operations = [migrations.RunSQL(GIVE, migrations.RunSQL.noop)]
