from django.db import migrations

from zhiyin.platform.tenancy import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_initial")]
    operations = [
        EnableTenancy("import"),
        EnableTenancy("importprofile"),
        EnableTenancy("importchange"),
    ]
