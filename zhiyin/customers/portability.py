"""What the customer file has about one person, for that person."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zhiyin.analytics.models import CustomerValue
from zhiyin.customers.choices import CustomerKind, FieldAccess
from zhiyin.customers.fields import links, registry, shown, told, veiled_points
from zhiyin.customers.fields.sensitive import exportable, sensitive_fields
from zhiyin.customers.fields.uploads import files_of
from zhiyin.customers.models import (
    Assignment,
    Consent,
    ContactPoint,
    Customer,
    CustomerTag,
    Dispute,
    Document,
    DocumentVersion,
    GradeChange,
    Holding,
    LegalHold,
    Note,
    PoolMove,
    Purpose,
    Relation,
    Restriction,
    SensitiveValue,
    Share,
    StatusChange,
    SubjectRequest,
    TimelineEvent,
)
from zhiyin.customers.queries.sensitive import values_in_clear
from zhiyin.customers.queries.timeline import EVENT, unseen_kinds
from zhiyin.platform.actors import Actor
from zhiyin.platform.models import StoredFile
from zhiyin.platform.portability import Area, Choice, Ids, Row, Text, register, worded
from zhiyin.platform.portability import told as columns_of

_WHEN, _WHO, _WHAT = _("When"), _("By whom"), _("What")


def _file(actor: Actor, ids: Ids) -> Iterator[Row]:
    """Each field of the file that has a value; of those merged into it too."""
    known = registry(actor)
    for customer in (
        Customer.objects.filter(pk__in=ids).select_related("owner", "unit", "grade").order_by("pk")
    ):
        for each in known:
            raw = customer.custom.get(each.own.key) if each.own else getattr(customer, each.path)
            value = told(actor, each.name, raw)
            if value not in (None, "", []):
                yield {"name": each.name, "field": each.label, "value": _in_words(each, value), "raw": value}
        if customer.grade and (grade := told(actor, "grade", customer.grade.name)):
            yield {"name": "grade", "field": _("Grade"), "value": grade}
        if customer.owner:
            yield {"name": "owner", "field": _("Owner"), "value": customer.owner.name}
        if customer.unit:
            yield {"name": "unit", "field": _("Unit"), "value": customer.unit.name}
        yield {"name": "created_at", "field": _("Created"), "value": customer.created_at}
        yield {"name": "updated_at", "field": _("Changed"), "value": customer.updated_at}


def _in_words(field: Any, value: Any) -> Any:
    if field.own is None:
        return worded(Customer, field.path, value)
    if field.masked:
        return value
    if field.own.type == "link":
        linked = links.of(field.own.target, value)
        return linked.name if linked else value
    return shown(field.own, value)


def _withheld_fields(actor: Actor) -> list[Text]:
    names = {name for name, how in actor.fields.items() if how in (FieldAccess.HIDDEN, FieldAccess.MASKED)}
    return [_("%d fields that your role does not see whole") % len(names)] if names else []


def _withheld_sensitive(actor: Actor) -> list[Text]:
    may = {each.name for each in exportable(actor)}
    return [each.label for each in sensitive_fields(actor) if each.name not in may]


def _own_files(actor: Actor, ids: Ids) -> Iterable[StoredFile]:
    open_to = {
        each.own.key for each in registry(actor) if each.own and each.own.type == "file" and not each.masked
    }
    owns = Customer.objects.filter(pk__in=ids).values_list("custom", flat=True)
    seen = {str(value) for own in owns for key, value in own.items() if key in open_to}
    return StoredFile.objects.filter(pk__in=[each for each in files_of(ids) if str(each) in seen])


def _sensitive(actor: Actor, ids: Ids) -> Iterator[Row]:
    labels = {each.name: each.label for each in exportable(actor)}
    for (_customer, name), value in values_in_clear(list(ids), list(labels)).items():
        yield {"name": name, "field": labels[name], "value": value}


def _contacts(actor: Actor, ids: Ids) -> Iterator[Row]:
    points = veiled_points(
        actor, ContactPoint.objects.filter(customer__in=ids).order_by("kind", "created_at")
    )
    names = ("kind", "label", "value", "verified_on", "verified_how", "valid_until", "created_at")
    return columns_of(points, names)


def _relations(_actor: Actor, ids: Ids) -> Iterator[Row]:
    """With whom; another person, who has rights of his own, is not named."""
    rows = Relation.objects.filter(Q(source__in=ids) | Q(target__in=ids))
    for each in rows.select_related("type", "source", "target").order_by("pk"):
        outward = each.source_id in ids
        other = each.target if outward else each.source
        yield {
            "what": str(each.type.label if outward else each.type.inverse_label),
            "other": str(_("another person")) if other.kind == CustomerKind.PERSON else other.name,
            "title": each.title,
            "since": each.since,
            "until": each.until,
        }


def _timeline(actor: Actor, ids: Ids) -> Iterator[Row]:
    rows = TimelineEvent.objects.filter(customer__in=ids).exclude(kind__in=unseen_kinds(actor))
    for each in rows.order_by("occurred_at", "id"):
        named = {name: getattr(each, name) for name in EVENT if name not in ("id", "kind", "data")}
        yield {**named, "kind": Choice(each.kind, each.get_kind_display())}


def _uses(_actor: Actor, _ids: Ids) -> Iterator[Row]:
    """What the company uses data for, with or without anything said to it."""
    for each in Purpose.objects.filter(archived_at=None).order_by("pk"):
        yield {"purpose": str(each.label), "basis": Choice(each.basis, each.get_basis_display())}


def _consents(_actor: Actor, ids: Ids) -> Iterator[Row]:
    names = ("channel", "answer", "source", "wording", "proof", "answered_at", "actor_name")
    rows = list(
        Consent.objects.filter(customer__in=ids).select_related("purpose").order_by("answered_at", "pk")
    )
    for row, each in zip(columns_of(rows, names), rows, strict=True):
        yield {"purpose": str(each.purpose.label) if each.purpose else str(_("Any contact at all")), **row}


def _shares(_actor: Actor, ids: Ids) -> Iterator[Row]:
    names = ("member__name", "unit__name", "part", "may_write", "created_at", "ends_at", "reason")
    return columns_of(Share.objects.filter(customer__in=ids).select_related("member", "unit"), names)


def _documents(_actor: Actor, ids: Ids) -> Iterator[Row]:
    names = ("title", "created_at", "removed_at", "author__name")
    return columns_of(
        Document.objects.filter(customer__in=ids).select_related("author").order_by("pk"), names
    )


def _document_files(_actor: Actor, ids: Ids) -> Iterator[StoredFile]:
    versions = DocumentVersion.objects.filter(document__customer__in=ids).select_related("file")
    return (each.file for each in versions.order_by("pk"))


def _values(_actor: Actor, ids: Ids) -> Iterator[Row]:
    names = (
        "orders", "spend", "first_at", "last_at", "group", "alive", "expected_orders", "value", "value_low",
        "value_high",
    )  # fmt: skip
    return columns_of(CustomerValue.objects.filter(pk__in=ids), names)


def _simple(model: Any, *names: str, order: str = "pk") -> Any:
    """All rows of a table that refers to customers, with these columns."""
    related = [name.partition("__")[0] for name in names if "__" in name]

    def rows(_actor: Actor, ids: Sequence[uuid.UUID]) -> Iterator[Row]:
        found = model.objects.filter(customer__in=ids).order_by(order)
        return columns_of(found.select_related(*related) if related else found, names)

    return rows


register(
    Area(
        "file",
        _("The file"),
        {"field": _("Field"), "value": _("What is kept")},
        _file,
        (Customer,),
        withheld=_withheld_fields,
        files=_own_files,
    ),
    Area(
        "contacts",
        _("Contact points"),
        {
            "kind": _("Kind"),
            "label": _("Label"),
            "value": _("What is kept"),
            "verified_on": _("Verified on"),
            "valid_until": _("Valid until"),
        },
        _contacts,
        (ContactPoint,),
    ),
    Area(
        "sensitive",
        _("Sensitive values"),
        {"field": _("Field"), "value": _("What is kept")},
        _sensitive,
        (SensitiveValue,),
        withheld=_withheld_sensitive,
    ),
    Area(
        "tags",
        _("Tags"),
        {"tag__name": _("Tag")},
        _simple(CustomerTag, "tag__name"),
        (CustomerTag,),
    ),
    Area(
        "notes",
        _("Notes"),
        {"created_at": _WHEN, "author__name": _WHO, "body": _("Note")},
        _simple(Note, "created_at", "updated_at", "author__name", "body"),
        (Note,),
    ),
    Area(
        "relations",
        _("Relations"),
        {
            "what": _WHAT,
            "other": _("To whom"),
            "title": _("Job title"),
            "since": _("Since"),
            "until": _("Until"),
        },
        _relations,
        (Relation,),
    ),
    Area(
        "consents",
        _("Consent"),
        {
            "answered_at": _WHEN,
            "purpose": _("For what"),
            "channel": _("Channel"),
            "answer": _("Answer"),
            "source": _("Where it was said"),
            "wording": _("What was asked"),
        },
        _consents,
        (Consent,),
    ),
    Area(
        "uses", _("What the data are used for"), {"purpose": _("For what"), "basis": _("Legal basis")}, _uses
    ),
    Area(
        "requests",
        _("Requests about data"),
        {
            "received_on": _("Received on"),
            "kind": _("What is asked"),
            "state": _("State"),
            "note": _("In their words"),
            "answer": _("What was answered"),
            "answered_at": _("Answered"),
        },
        _simple(
            SubjectRequest,
            "received_on",
            "kind",
            "state",
            "requester",
            "note",
            "due_on",
            "answer",
            "answered_at",
        ),
        (SubjectRequest,),
    ),
    Area(
        "documents",
        _("Documents"),
        {"created_at": _WHEN, "title": _("Title"), "author__name": _WHO, "removed_at": _("Removed")},
        _documents,
        (Document,),
        files=_document_files,
    ),
    Area(
        "shares",
        _("Who inside the company it was shared with"),
        {"created_at": _WHEN, "member__name": _("Person"), "unit__name": _("Unit"), "ends_at": _("Until")},
        _shares,
        (Share,),
    ),
    Area(
        "statuses",
        _("Changes of status"),
        {"changed_at": _WHEN, "status": _("Status"), "stage": _("Lifecycle stage"), "note": _("Reason")},
        _simple(StatusChange, "changed_at", "status", "stage", "note", "actor_name", order="changed_at"),
        (StatusChange,),
    ),
    Area(
        "grades",
        _("Changes of grade"),
        {"changed_at": _WHEN, "previous": _("From"), "grade": _("To"), "note": _("Reason")},
        _simple(GradeChange, "changed_at", "previous", "grade", "reason", "note", order="changed_at"),
        (GradeChange,),
    ),
    Area(
        "pools",
        _("Moves into and out of pools"),
        {"moved_at": _WHEN, "pool__name": _("Pool"), "kind": _WHAT, "reason": _("Reason")},
        _simple(PoolMove, "moved_at", "pool__name", "kind", "reason", order="moved_at"),
        (PoolMove,),
    ),
    Area(
        "disputes",
        _("Disputes about who looks after them"),
        {"created_at": _WHEN, "ruling": _("Ruling"), "reason": _("Reason")},
        _simple(Dispute, "created_at", "ruling", "ruled_at", "reason"),
        (Dispute,),
    ),
    Area(
        "assignments",
        _("Whom they were assigned to, and why"),
        {"assigned_at": _WHEN, "owner__name": _("Owner"), "unit__name": _("Unit"), "reason": _("Reason")},
        _simple(Assignment, "assigned_at", "owner__name", "unit__name", "reason", order="assigned_at"),
        (Assignment,),
    ),
    Area(
        "holds",
        _("Kept for a reason of law"),
        {"set_at": _("Since"), "reason": _("Reason"), "ended_at": _("Until")},
        _simple(LegalHold, "set_at", "reason", "ended_at"),
        (LegalHold,),
    ),
    Area(
        "restrictions",
        _("Restrictions"),
        {"set_at": _("Since"), "reason": _("Reason"), "ended_at": _("Until")},
        _simple(Restriction, "set_at", "reason", "ended_at"),
        (Restriction,),
    ),
    Area(
        "protection",
        _("Who looks after them, until when"),
        {"owner__name": _("Owner"), "touched_at": _("Last touch"), "until": _("Until")},
        _simple(Holding, "owner__name", "touched_at", "until"),
        (Holding,),
    ),
    Area(
        "values",
        _("What analysis found"),
        {
            "orders": _("Orders"),
            "spend": _("Spend"),
            "last_at": _("Last purchase"),
            "group": _("RFM group"),
            "alive": _("Probability alive"),
            "value": _("Value"),
        },
        _values,
        (CustomerValue,),
        "insight.view",
    ),
    Area(
        "timeline",
        _("Timeline"),
        {"occurred_at": _WHEN, "kind": _WHAT, "actor_name": _WHO},
        _timeline,
        (TimelineEvent,),
    ),
)
