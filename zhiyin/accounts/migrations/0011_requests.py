from django.db import migrations, models

# Roles of companies that were there before: whoever exports customers and deletes them also answers such requests.
GIVE = """
SELECT set_config('zhiyin.maintenance', 'on', true);
UPDATE accounts_role SET permissions = permissions || '{customers.requests}'::varchar[], version = version + 1
WHERE NOT holds_all AND permissions @> '{customers.edit,customers.delete,customers.export}'::varchar[]
  AND NOT permissions @> '{customers.requests}'::varchar[];
SELECT set_config('zhiyin.maintenance', '', true);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_file_days")]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="request_days",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.RunSQL(GIVE, migrations.RunSQL.noop),
    ]
