from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imports", "0003_matching")]
    operations = [
        migrations.AddField("import", "new_fields", models.JSONField(db_default=[], default=list)),
    ]
