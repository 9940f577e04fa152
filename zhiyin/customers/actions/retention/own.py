"""The records of the customer file that rules of retention may clear."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.choices import TimelineKind
from zhiyin.customers.models import Document, Note, TimelineEvent, TimelinePin
from zhiyin.customers.queries.retention.areas import RECORDS, Records, register
from zhiyin.platform import files

Rows = QuerySet[Any, Any]


def forget_touches(kind: TimelineKind, rows: Rows) -> None:
    """Delete records and what the timeline shows of them."""
    keys = list(rows.values_list("customer_id", "pk"))
    touches = TimelineEvent.objects.filter(customer__in={customer for customer, _key in keys}, kind=kind)
    _forget_touches(touches.filter(object_id__in=[key for _customer, key in keys]))
    rows.model._default_manager.filter(pk__in=[key for _customer, key in keys]).delete()


def _forget_notes(rows: Rows) -> None:
    forget_touches(TimelineKind.NOTE, rows)


def _forget_touches(rows: Rows) -> None:
    TimelinePin.objects.filter(event_id__in=list(rows.values_list("id", flat=True))).delete()
    rows.delete()


def _forget_documents(rows: Rows) -> None:
    for document in list(rows):
        stored = [version.file for version in document.versions.select_related("file")]
        document.delete()
        for file in stored:
            files.delete(file)


register(
    Records("notes", _("Notes"), RECORDS, Note.objects.all, "created_at", _forget_notes, "note"),
    Records(
        "documents",
        _("Documents"),
        RECORDS,
        Document.objects.all,
        "created_at",
        _forget_documents,
        "document",
    ),
    Records("timeline", _("Timeline"), RECORDS, TimelineEvent.objects.all, "occurred_at", _forget_touches),
)
