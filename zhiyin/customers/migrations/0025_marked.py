from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0024_disputes"),
    ]

    operations = [
        migrations.AddField(
            model_name="customfield",
            name="sensitive",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
