from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0003_imported"),
    ]

    operations = [
        migrations.AddField(
            model_name="task",
            name="remind_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("remind_at__isnull", False), ("state", "open")),
                fields=["tenant_id", "remind_at"],
                name="task_to_remind",
            ),
        ),
    ]
