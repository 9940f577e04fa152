"""Customers as a file for spreadsheets, with constant memory."""

import csv
import datetime
import io
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import IO, Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zhiyin.customers import access
from zhiyin.customers.choices import ContactKind, CustomerKind, FieldType, Stage, Status
from zhiyin.customers.fields import Field, registry, shown, told
from zhiyin.customers.fields.conditions import is_number
from zhiyin.customers.fields.sensitive import exportable
from zhiyin.customers.models import ContactPoint, Customer, CustomerTag, contact_order
from zhiyin.customers.queries.sensitive import values_in_clear
from zhiyin.customers.sealing import in_clear
from zhiyin.platform.actors import Actor

CHUNK = 2000
HEADINGS: dict[str, str | Promise] = {
    "code": _("Code"),
    "name": _("Name"),
    "short_name": _("Short name"),
    "kind": _("Kind"),
    "status": _("Status"),
    "stage": _("Lifecycle stage"),
    "grade": _("Grade"),
    "owner": _("Owner"),
    "unit": _("Unit"),
    "country": _("Country"),
    "city": _("City"),
    "source": _("Source"),
    "tags": _("Tags"),
    **{kind.value: kind.label for kind in ContactKind},
    "created": _("Created"),
    "orders": _("Orders"),
    "spend": _("Spend"),
    "last": _("Last purchase"),
    "value": _("Value"),
    "value_low": _("Value, low"),
    "value_high": _("Value, high"),
    "alive": _("Probability alive"),
    "group": _("RFM group"),
}
_PATHS = {
    "owner": "owner__name",
    "grade": "grade__name",
    "unit": "unit__name",
    "created": "created_at",
    "orders": "value__orders",
    "spend": "value__spend",
    "last": "value__last_at",
    "value": "value__value",
    "value_low": "value__value_low",
    "value_high": "value__value_high",
    "alive": "value__alive",
    "group": "value__group",
}
_CHOICES = {"kind": CustomerKind, "status": Status, "stage": Stage}
_GATHERED = ("tags", *ContactKind.values)


def write_customers(
    customers: QuerySet[Customer],
    stream: IO[bytes],
    *,
    columns: list[str],
    actor: Actor,
    style: str,
    mark: str = "",
    sensitive: bool = False,
    progress: Callable[[int], None] = lambda _done: None,
) -> int:
    """Write customers in the order of their ids and return how many; ``columns`` empty means all that ``actor`` sees.

    ``mark`` is written at the end of each row; before it, with ``sensitive``, what the actor may export of those values.
    """
    hidden = access.hidden(actor)
    own = {each.name: each for each in registry(actor) if each.own}
    headings_of = {name: label for name, label in HEADINGS.items() if name not in hidden}
    headings_of |= {name: each.label for name, each in own.items()}
    columns = [name for name in columns if name in headings_of] or list(headings_of)
    write = {"csv": _csv, "xlsx": _xlsx}[style]
    headings = [str(headings_of[name]) for name in columns]
    secret = exportable(actor) if sensitive else []
    headings += [str(each.label) for each in secret]
    rows = _rows(actor, customers, columns, own, secret=[each.name for each in secret], progress=progress)
    if mark:
        return write(stream, [*headings, gettext("Exported")], ([*row, mark] for row in rows))
    return write(stream, headings, rows)


def _rows(
    actor: Actor,
    customers: QuerySet[Customer],
    columns: list[str],
    own: Mapping[str, Field],
    *,
    secret: list[str],
    progress: Callable[[int], None],
) -> Iterator[list[Any]]:
    paths = {name: _PATHS.get(name, name) for name in columns if name not in _GATHERED and name not in own}
    if own.keys() & set(columns):
        paths["custom"] = "custom"
    found = iter(customers.order_by("pk").values("pk", *paths.values()).iterator(CHUNK))
    done = 0
    while chunk := list(islice(found, CHUNK)):
        gathered = _gather(actor, [row["pk"] for row in chunk], columns)
        secrets = values_in_clear([row["pk"] for row in chunk], secret)
        for row in chunk:
            yield [
                gathered[name].get(row["pk"], "")
                if name in gathered
                else own_cell(actor, own[name], row["custom"])
                if name in own
                else _cell(name, told(actor, name, row[paths[name]]))
                for name in columns
            ] + [secrets.get((row["pk"], name), "") for name in secret]
        done += len(chunk)
        progress(done)


def _gather(actor: Actor, ids: list[uuid.UUID], columns: list[str]) -> dict[str, dict[uuid.UUID, str]]:
    """What a customer has several of, joined into one cell."""
    gathered: dict[str, dict[uuid.UUID, str]] = {name: {} for name in _GATHERED if name in columns}
    if gathered.keys() & set(ContactKind.values):
        order = contact_order(timezone.localdate())
        points = ContactPoint.objects.filter(customer__in=ids).order_by(*order)
        wanted = points.filter(kind__in=gathered.keys() & set(ContactKind.values))
        for each in in_clear(wanted.only("customer_id", "kind", "value", "value_key", "parts", "sealed")):
            _join(gathered[each.kind], each.customer_id, told(actor, each.kind, each.value))
    if "tags" in gathered:
        links = CustomerTag.objects.filter(customer__in=ids).order_by("tag__name")
        for customer, name in links.values_list("customer_id", "tag__name"):
            _join(gathered["tags"], customer, name)
    return gathered


def _join(cells: dict[uuid.UUID, str], key: uuid.UUID, value: str) -> None:
    cells[key] = f"{cells[key]}; {value}" if key in cells else value


def own_cell(actor: Actor, field: Field, values: Mapping[str, Any]) -> Any:
    """A value of a company's own field: numbers and days as such, all else as it is read."""
    value = told(actor, field.name, values.get(field.own.key)) if field.own else None
    if value is None or field.own is None:
        return ""
    if field.masked:
        return value
    if field.type == FieldType.DATE:
        return datetime.date.fromisoformat(value)
    return value if is_number(field) else shown(field.own, value)


def _cell(name: str, value: Any) -> Any:
    if value is None:
        return ""
    if name in _CHOICES:
        return str(_CHOICES[name](value).label) if value else ""
    if isinstance(value, datetime.datetime):
        return timezone.localtime(value).replace(tzinfo=None)
    return value


def _csv(stream: IO[bytes], headings: list[str], rows: Iterable[list[Any]]) -> int:
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(headings)
    count = 0
    for row in rows:
        writer.writerow([_harmless(value) for value in row])
        count += 1
    text.flush()
    text.detach()
    return count


def _harmless(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets an apostrophe before it."""
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value


def _xlsx(stream: IO[bytes], headings: list[str], rows: Iterable[list[Any]]) -> int:
    import xlsxwriter

    book = xlsxwriter.Workbook(
        stream,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "default_date_format": "yyyy-mm-dd hh:mm",
        },
    )
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, headings, book.add_format({"bold": True}))
    count = 0
    for row in rows:
        count += 1
        if count >= sheet.xls_rowmax:
            raise ValueError("more rows than a sheet holds")
        sheet.write_row(count, 0, [float(value) if isinstance(value, Decimal) else value for value in row])
        for place, value in enumerate(row):
            if type(value) is datetime.date:
                sheet.write_datetime(count, place, value, day)
    book.close()
    return count
