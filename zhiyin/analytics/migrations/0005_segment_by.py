from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analytics", "0004_warehouse")]
    operations = [
        migrations.AddField("insightsettings", "segment_by", models.CharField(blank=True, max_length=64)),
    ]
