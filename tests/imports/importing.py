"""What the tests of imports do again and again."""

import datetime
import io
from pathlib import Path
from typing import Any

from django.db import connection

from zhiyin.imports import actions
from zhiyin.imports.models import Import, ImportProfile
from zhiyin.platform import jobs
from zhiyin.platform.actors import Actor
from zhiyin.platform.tenancy import scope

NOW = datetime.datetime(2026, 11, 22, 4, 0, tzinfo=datetime.UTC)
HEADER = "order number,date,customer id,product code,quantity,unit price\n"
# what nothing can guess: no header, two characters between cells, and the order of day and month
ODD = "1001||05.03.2024||K1||P1||2||9,50\n1002||06.03.2024||K2||P1||1||9,50\n"
ODD_MAPPING = {
    "order_number": "A", "ordered_at": "B", "customer_code": "C", "product_code": "D", "quantity": "E",
    "unit_price": "F",
}  # fmt: skip


def upload(actor: Actor, content: bytes | str | Path, *, name: str = "sales.csv", kind: str = "") -> Import:
    """Upload text, bytes or a file."""
    if isinstance(content, Path):
        name, content = content.name, content.read_bytes()
    data = content.encode() if isinstance(content, str) else content
    with scope(actor.tenant_id):
        return actions.upload_file(actor=actor, stream=io.BytesIO(data), name=name, kind=kind, now=NOW)


def odd_profile() -> ImportProfile:
    """How a shop writes ``ODD``; called inside the company's scope."""
    return ImportProfile.objects.create(
        name="Shop",
        kind="orders",
        mapping=ODD_MAPPING,
        options={"header": False, "delimiter": "||", "encoding": "gb18030"},
        date_formats={"ordered_at": "%d.%m.%Y"},
        source="shop",
    )


def step(actor: Actor, batch: Import, what: actions.Step, *, now: datetime.datetime = NOW) -> Import:
    """Check, apply or undo in the foreground; the import as it is afterwards."""
    with scope(actor.tenant_id):
        job = actions.start(actor=actor, import_id=batch.id, step=what, now=now, foreground=True)
    finished = jobs.run_now(job)
    with scope(actor.tenant_id):
        after = Import.objects.select_related("file", "refused_file", "job").get(pk=batch.pk)
    after.job = finished
    return after


def import_text(actor: Actor, content: bytes | str | Path, *, kind: str, **choices: Any) -> Import:
    """Upload, choose and apply."""
    batch = upload(actor, content, kind=kind)
    if choices:
        with scope(actor.tenant_id):
            batch = actions.choose_columns(actor=actor, import_id=batch.id, now=NOW, **choices)
    return step(actor, batch, "apply")


def query(actor: Actor, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Rows of a query inside the actor's company."""
    with scope(actor.tenant_id), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


TABLES = (
    "customers_customer", "customers_customersearch", "customers_contactpoint", "customers_timelineevent",
    "commerce_product", "commerce_order", "commerce_orderline", "imports_importchange",
)  # fmt: skip


def contents(actor: Actor) -> dict[str, list[str]]:
    """Everything that imports write, row by row, without what only says when."""
    drop = "'updated_at', 'created_at', 'version'"
    return {
        table: [
            row
            for (row,) in query(
                actor, f"SELECT (to_jsonb(t) - ARRAY[{drop}])::text FROM {table} t ORDER BY 1"
            )
        ]
        for table in TABLES
    }
