from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0015_shares")]
    operations = [
        migrations.AddField("savedview", "forgotten_at", models.DateTimeField(blank=True, null=True)),
        migrations.AlterField("savedview", "query", models.CharField(blank=True, max_length=8000)),
    ]
