from django.db import migrations

from zhiyin.platform.tenancy import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [("analytics", "0001_initial")]
    operations = [
        EnableTenancy("insightsettings"),
        EnableTenancy("analysis"),
        EnableTenancy("customervalue"),
        EnableTenancy("dataset"),
    ]
