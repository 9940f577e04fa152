"""The tables of the customer file itself."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from zhiyin.analytics.actions import move_value, value_again
from zhiyin.analytics.models import CustomerValue
from zhiyin.customers import access
from zhiyin.customers.actions.merging.parts import (
    Going,
    Rows,
    Told,
    read,
    register,
    remember,
    remembered,
    values_of,
)
from zhiyin.customers.actions.relations import RelationToOneself, require_fit
from zhiyin.customers.models import (
    Assignment,
    Consent,
    ContactPoint,
    Customer,
    CustomerTag,
    Dispute,
    Document,
    GradeChange,
    LegalHold,
    Note,
    PoolMove,
    Relation,
    RelationType,
    Restriction,
    Share,
    StatusChange,
    SubjectRequest,
    TimelineEvent,
    TimelinePin,
)
from zhiyin.platform.errors import DomainError


@dataclass(frozen=True)
class Contacts(Rows):
    """Of each kind the survivor's primary one stays the primary one."""

    def move_rows(self, going: Going, ids: Any) -> None:
        kinds = self.of(going.survivor_id).filter(is_primary=True).values("kind")
        second = self.of(going.vanished_id).filter(is_primary=True, kind__in=kinds)
        for each in second:
            remember(going, f"{self.code}!", [each.pk])
        second.update(is_primary=False)
        super().move_rows(going, ids)

    def back(self, going: Going) -> Told:
        told = super().back(going)
        primary = remembered(going, f"{self.code}!").values("row_id")
        for each in self.of(going.vanished_id).filter(pk__in=primary):
            others = self.of(going.vanished_id).filter(kind=each.kind, is_primary=True)
            if not others.exists():
                self.of(going.vanished_id).filter(pk=each.pk).update(is_primary=True)
        return told


@dataclass(frozen=True)
class Relations(Rows):
    """Both ends. What would be a relation to oneself, a second one of its like or a circle is laid aside."""

    def of(self, customer_id: uuid.UUID) -> Any:
        return Relation.objects.filter(Q(source=customer_id) | Q(target=customer_id))

    def move(self, going: Going) -> Told:
        told = Told()
        kinds = RelationType.objects.filter(pk__in=self.of(going.vanished_id).values("type")).order_by("pk")
        held = {kind.pk: kind for kind in kinds.select_for_update(no_key=True)}
        for row in self.of(going.vanished_id).select_related("source", "target").order_by("pk"):
            self._turn(going, row, held[row.type_id], told)
        return told

    def _turn(self, going: Going, row: Relation, kind: RelationType, told: Told) -> None:
        before = values_of(row)
        row.type = kind
        side = "source_id" if row.source_id == going.vanished_id else "target_id"
        names = f"{row.source} – {kind.label} – {row.target}"
        setattr(row, side, going.survivor_id)
        try:
            require_fit(row, going.now)
        except DomainError as error:
            Relation.objects.filter(pk=row.pk).delete()
            remember(going, self.code, [row.pk], kept=before, removed=True)
            told.joined += 1
            one = isinstance(error, RelationToOneself)
            told.aside.append(f"{names}: {_now('The two are one now.') if one else error.message}")
        else:
            Relation.objects.filter(pk=row.pk).update(**{side: going.survivor_id})
            remember(going, self.code, [row.pk], kept={"side": side})
            told.moved += 1

    def back(self, going: Going) -> Told:
        told = Told()
        for each in remembered(going, self.code):
            if each.removed:
                self._restore(going, each.kept, told)
                continue
            side = each.kept["side"]
            rows = Relation.objects.filter(pk=each.row_id, **{side: going.survivor_id})
            done = rows.update(**{side: going.vanished_id})
            told.moved += done
            told.lost += 1 - done
        return told

    def _restore(self, going: Going, kept: dict[str, Any], told: Told) -> None:
        values = read(Relation, kept)
        for side in ("source_id", "target_id"):
            values[side] = access.lead(values[side]) or values[side]
        kind = RelationType.objects.filter(pk=values["type_id"]).first()
        row = Relation(**values)
        ends = Customer.objects.filter(pk__in=[row.source_id, row.target_id])
        if kind is None or len(ends) < 2:
            told.lost += 1
            return
        row.type = kind
        try:
            require_fit(row, going.now)
        except DomainError as error:
            told.aside.append(f"{row.source} – {kind.label} – {row.target}: {error.message}")
        else:
            row.save(force_insert=True)
            told.joined += 1


@dataclass(frozen=True)
class Values(Rows):
    """What analysis found: one row a customer, worked out anew with the next analysis."""

    def move(self, going: Going) -> Told:
        row = move_value(going.vanished_id, going.survivor_id)
        if row is not None:
            remember(going, self.code, [going.vanished_id], kept=values_of(row), removed=True)
        return Told(joined=int(row is not None))

    def back(self, going: Going) -> Told:
        for each in remembered(going, self.code):
            value_again(each.kept, going.survivor_id)
        return Told()


register(
    Contacts(
        "contacts",
        _("Contact points"),
        ContactPoint,
        twins=("kind", "value_key"),
        filled=("label", "verified_on", "verified_how", "valid_until"),
    ),
    Rows("notes", _("Notes"), Note),
    Rows("tags", _("Tags"), CustomerTag, twins=("tag_id",)),
    Relations("relations", _("Relations"), Relation, name="source"),
    Rows("consents", _("Consent"), Consent),
    Rows("shares", _("Shares"), Share, twins=("member_id", "unit_id"), filled=("part",)),
    Rows("assignments", _("Assignments"), Assignment),
    Rows("pool_moves", _("Moves into and out of pools"), PoolMove),
    Rows("disputes", _("Disputes"), Dispute),
    Rows("restrictions", _("Restrictions"), Restriction),
    Rows("subject_requests", _("Requests about data"), SubjectRequest),
    Rows("documents", _("Documents"), Document),
    Rows("legal_holds", _("Legal holds"), LegalHold),
    Rows("statuses", _("Changes of status"), StatusChange),
    Rows("grades", _("Changes of grade"), GradeChange),
    Values("values", _("Values"), CustomerValue, name="customer_id"),
    Rows("timeline_pins", _("Kept on top"), TimelinePin, twins=("event_id",)),
    Rows("timeline", _("Timeline"), TimelineEvent, reference="object_id"),
)
