from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.utils.translation import gettext, override

from zhiyin.customers.ready import READY

ADD = """
INSERT INTO customers_customfield
    (key, ready, label, type, section, kind, options, least, most, pattern, hint, position, required, roles)
VALUES (%(code)s, %(code)s, %(label)s, %(type)s, %(section)s, %(kind)s, %(options)s::varchar[], %(least)s, %(most)s,
    %(pattern)s, %(hint)s, %(place)s, false, '{}')
"""


def said(label: str) -> Iterator[str]:
    yield label.casefold()
    for code, _name in settings.LANGUAGES:
        with override(code):
            yield gettext(label).casefold()


def add_core(_apps: Any, schema_editor: Any) -> None:
    """The core ones to companies that there are, but where they have one of that key or name."""
    core = [each for each in READY.values() if each.core]
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id FROM accounts_tenant")
        for (tenant,) in cursor.fetchall():
            cursor.execute("SELECT set_config('zhiyin.tenant', %s, true)", [str(tenant)])
            cursor.execute("SELECT key, lower(label), position FROM customers_customfield")
            used = cursor.fetchall()
            taken = {each for key, label, _position in used for each in (key, label)}
            last = max((position for *_rest, position in used), default=0)
            for place, each in enumerate(core, last + 1):
                if each.code not in taken and not taken.intersection(said(each.label)):
                    cursor.execute(
                        ADD,
                        {
                            **asdict(each),
                            "options": list(each.options),
                            "kind": each.kind or "",
                            "place": place,
                        },
                    )
        cursor.execute("SELECT set_config('zhiyin.tenant', '', true)")


class Migration(migrations.Migration):
    dependencies = [("customers", "0020_sensitive")]
    operations = [
        migrations.AlterField("customfield", "label", models.CharField(db_column="label", max_length=60)),
        migrations.RenameField("customfield", "label", "label_kept"),
        migrations.AlterField(
            "customfield",
            "section",
            models.CharField(blank=True, db_column="section", db_default="", max_length=60),
        ),
        migrations.RenameField("customfield", "section", "section_kept"),
        migrations.AddField(
            "customfield", "ready", models.CharField(blank=True, db_default="", default="", max_length=40)
        ),
        migrations.AddField(
            "customfield",
            "required_when",
            models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
        migrations.AddField(
            "customfield", "formula", models.CharField(blank=True, db_default="", default="", max_length=1000)
        ),
        migrations.AlterField(
            "relation",
            "role",
            models.CharField(
                blank=True,
                db_default="",
                choices=[
                    ("decision_maker", "Decision maker"),
                    ("approver", "Approver"),
                    ("influencer", "Influencer"),
                    ("buyer", "Buyer"),
                    ("user", "User"),
                    ("gatekeeper", "Gatekeeper"),
                    ("initiator", "Initiator"),
                    ("champion", "Champion"),
                ],
                max_length=20,
            ),
        ),
        migrations.RunPython(add_core, migrations.RunPython.noop),
    ]
