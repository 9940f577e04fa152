from django.db import migrations

from zhiyin.platform.tenancy import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [("sales", "0015_territory")]
    operations = [EnableTenancy("territory")]
