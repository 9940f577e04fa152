from django.db import migrations

from zhiyin.platform.tenancy import EnableTenancy

MODELS = (
    "approvalrule", "approvalstep", "approvalstepmember", "absence", "approvalrequest", "approvalturn",
    "approvalseat", "approvalact",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial")]
    operations = [EnableTenancy(each) for each in MODELS]
