from django.db import migrations

from zhiyin.platform.tenancy import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [("commerce", "0001_initial")]
    operations = [
        EnableTenancy("product"),
        EnableTenancy("order"),
        EnableTenancy("orderline"),
        EnableTenancy("payment"),
    ]
