from django.db import migrations

from zhiyin.platform.tenancy import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [("commerce", "0007_rates")]
    operations = [EnableTenancy("exchangerate")]
