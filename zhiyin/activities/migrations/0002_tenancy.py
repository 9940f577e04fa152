from django.db import migrations

from zhiyin.platform.tenancy import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [("activities", "0001_initial")]
    operations = [EnableTenancy("task"), EnableTenancy("followup")]
