from django.db import migrations

from zhiyin.platform.tenancy import EnableTenancy

# Before a tenant is chosen, a signed-in user sees his own memberships and nothing else.
OWN_MEMBERSHIPS = """
CREATE POLICY own_memberships ON accounts_member FOR SELECT USING (user_id = current_user_id());
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        EnableTenancy("unit"),
        EnableTenancy("role"),
        EnableTenancy("member"),
        EnableTenancy("apitoken"),
        migrations.RunSQL(OWN_MEMBERSHIPS, "DROP POLICY own_memberships ON accounts_member"),
    ]
