from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0005_undo")]
    operations = [
        migrations.AddIndex(
            "customer",
            models.Index(fields=["tenant_id", "source", "name_key", "id"], name="customer_by_source"),
        ),
    ]
