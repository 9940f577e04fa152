from django.db import migrations

from zhiyin.platform.tenancy import EnableTenancy

MODELS = (
    "pipeline", "stage", "closereason", "competitor", "opportunity", "opportunityline", "opportunityperson",
    "opportunitycompetitor", "stagestay",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("sales", "0001_initial")]
    operations = [EnableTenancy(name) for name in MODELS]
