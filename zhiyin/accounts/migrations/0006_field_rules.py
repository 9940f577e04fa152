from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_mails"),
    ]

    operations = [
        migrations.AddField(
            model_name="role",
            name="field_rules",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
    ]
