"""Grades: the company's list with its rules, grading by the rules, and by hand."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from zhiyin.customers import access
from zhiyin.customers.actions.before import keep_grades
from zhiyin.customers.actions.bulk import Done, Selection, bulk_job, selected
from zhiyin.customers.choices import GradeMeasure, GradeReason, GradeRule, TagColour
from zhiyin.customers.events import CustomerChanged, CustomersChanged, GradesChanged
from zhiyin.customers.models import Customer, Grade, Undo
from zhiyin.customers.queries.grades import MOVES, parameters
from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import Conflict, Invalid, NotFound
from zhiyin.platform.record import record, write_entries
from zhiyin.platform.text import checked
from zhiyin.platform.versions import version_of

MOST = 20
FOR_GOOD = datetime.date.max
_MOVED = "CREATE TEMP TABLE grade_moved ON COMMIT DROP AS {moves}"
_KEEP = """
INSERT INTO customers_gradechange (customer_id, previous, grade, reason, note, actor_name, changed_at)
SELECT customer_id, previous, grade, %(reason)s, %(note)s, %(actor)s, %(now)s FROM grade_moved
"""
# what follows from facts, as the rules' grades do, is no edit that would stand against an undo or another's edit
_WRITE = """
UPDATE customers_customer c SET grade_id = m.grade_id, grade_held_until = m.held, version = c.version + %(edits)s
FROM grade_moved m WHERE m.customer_id = c.id
"""
_TRAIL = """
SELECT customer_id, jsonb_build_object('grade', jsonb_build_array(nullif(previous, ''), nullif(grade, '')))
    || %(why)s FROM grade_moved
"""
_BY_HAND = """
SELECT c.id AS customer_id, coalesce(o.name, '') AS previous, coalesce(n.name, '') AS grade, n.id AS grade_id,
    %(held)s::date AS held
FROM customers_customer c LEFT JOIN customers_grade o ON o.id = c.grade_id
LEFT JOIN customers_grade n ON n.id = %(grade)s
WHERE c.id = ANY(%(ids)s)
"""
_BACK = """
SELECT c.id AS customer_id, coalesce(o.name, '') AS previous, coalesce(n.name, '') AS grade, n.id AS grade_id,
    b.held AS held
FROM customers_undo u CROSS JOIN jsonb_to_recordset(u.data -> 'before') AS b (id uuid, grade_id uuid, held date)
JOIN customers_customer c ON c.id = b.id LEFT JOIN customers_grade o ON o.id = c.grade_id
LEFT JOIN customers_grade n ON n.id = b.grade_id
WHERE u.id = %(undo)s AND c.id = ANY(%(ids)s)
"""


@dataclass(frozen=True, slots=True)
class GradeRules:
    """A grade as ``Grade`` describes it; without ``id`` it is a new one."""

    name: str
    rule: str = GradeRule.HAND
    measure: str = ""
    amount: str = ""
    colour: str = TagColour.BLUE
    id: uuid.UUID | None = None


def ready_grades() -> list[GradeRules]:
    """What a company may start with, after Pareto: a fifth of the customers bring most of the value."""
    return [
        GradeRules(_("Key customer"), GradeRule.SHARE, GradeMeasure.VALUE, "20", TagColour.ORANGE),
        GradeRules(_("Normal customer"), GradeRule.SHARE, GradeMeasure.VALUE, "50", TagColour.BLUE),
        GradeRules(_("Small customer"), GradeRule.REST, colour=TagColour.GREEN),
    ]


def set_grades(
    *, actor: Actor, grades: Sequence[GradeRules], version: str | None = None, now: datetime.datetime
) -> list[Grade]:
    """The company's grades from the best to the least; those left out go, and their customers have none.

    Nobody is graded anew by this: see ``apply_grades``. Raises ``Invalid``, and ``Conflict`` when somebody changed
    them since ``version``.
    """
    actor.require("settings.manage")
    kept = {each.pk: each for each in Grade.objects.select_for_update()}
    if version is not None and version != grades_version(list(kept.values())):
        raise Conflict(_("Somebody changed the grades meanwhile: look at them and change them again."))
    if len(grades) > MOST:
        raise Invalid(_("These are enough grades; %d at most.") % MOST)
    before = [_told(each) for each in sorted(kept.values(), key=lambda each: each.position)]
    wanted = [_checked(kept, each, place) for place, each in enumerate(grades)]
    names = [each.name.casefold() for each in wanted]
    if len(set(names)) < len(names):
        raise Invalid(_("Two grades have the same name."), field="name")
    Grade.objects.exclude(pk__in=[each.pk for each in wanted]).delete()
    for each in wanted:
        # so that two may swap their names
        Grade.objects.filter(pk=each.pk).update(name=str(each.pk))
    for each in wanted:
        each.save()
    after = [_told(each) for each in wanted]
    if after != before:
        record(GradesChanged(), actor=actor, now=now, changes={"grades": [before, after]})
    return wanted


def grades_version(grades: Sequence[Grade]) -> str:
    return version_of(*(part for each in grades for part in (each.pk, *_told(each).values())))


def _told(grade: Grade) -> dict[str, Any]:
    amount = None if grade.amount is None else str(grade.amount.normalize())
    names = ("name", "rule", "measure", "colour")
    return {**{name: getattr(grade, name) for name in names}, "amount": amount}


def _checked(kept: dict[uuid.UUID, Grade], given: GradeRules, place: int) -> Grade:
    found = kept.get(given.id) if given.id else Grade()
    if found is None:
        raise NotFound(_("There is no such grade."))
    found.position = place
    found.name = checked(" ".join(given.name.split()), "name", 50, needed=True)
    for name, choices in (("rule", GradeRule), ("colour", TagColour)):
        if getattr(given, name) not in choices.values:
            raise Invalid(_("This is not one of the choices."), field=name)
        setattr(found, name, getattr(given, name))
    found.measure, found.amount = "", None
    if given.rule in (GradeRule.SHARE, GradeRule.LEAST):
        if given.measure not in GradeMeasure.values:
            raise Invalid(_("Choose what “%s” goes by.") % found.name, field="measure")
        found.measure, found.amount = given.measure, _amount(given, found.name)
    return found


def _amount(given: GradeRules, name: str) -> Decimal:
    try:
        amount = Decimal(str(given.amount).strip())
    except InvalidOperation as error:
        raise Invalid(_("Write a number for “%s”.") % name, field="amount") from error
    most = 100 if given.rule == GradeRule.SHARE else 10**12
    if not amount.is_finite() or not 0 < amount <= most:
        raise Invalid(_("The number for “%(name)s” must be above 0 and at most %(most)s.") % {"name": name, "most": most}, field="amount")  # fmt: skip
    return amount.quantize(Decimal("0.0001"))


def apply_grades(*, actor: Actor, now: datetime.datetime) -> int:
    """Give every customer the grade of the rules, but for those held by hand; how many have another one now."""
    actor.require("settings.manage")
    grades = list(Grade.objects.all())
    if all(each.rule == GradeRule.HAND for each in grades):
        return 0
    asked = parameters(grades, timezone.localdate(now))
    return _move(actor, MOVES, asked, reason=GradeReason.RULE, now=now)


def set_grade(
    *,
    actor: Actor,
    selection: Selection,
    grade_id: uuid.UUID | None,
    reason: str,
    until: datetime.date | None = None,
    now: datetime.datetime,
    in_background: bool = False,
) -> Done:
    """Grade chosen customers by hand: the rules leave them alone until that day, or for good.

    Without a grade they have none. More than ``BULK_AT_ONCE`` become a job, for good. Raises ``Invalid`` and
    ``NotFound``.
    """
    actor.require("customers.edit")
    reason = checked(" ".join(reason.split()), "reason", 200, needed=True)
    if grade_id and not Grade.objects.filter(pk=grade_id).exists():
        raise NotFound(_("There is no such grade."))
    if until and until < timezone.localdate(now):
        raise Invalid(_("This day has passed."), field="until")
    if not in_background and (
        job := bulk_job(actor, selection, "grade", {"grade_id": grade_id}, now, reason=reason)
    ):
        return Done(0, job)
    held = until or FOR_GOOD
    rows = Customer.objects.filter(pk__in=selected(actor, selection, "write").values("pk"))
    rows = (
        rows.exclude(grade_id=grade_id, grade_held_until=held)
        if grade_id
        else rows.exclude(grade=None, grade_held_until=held)
    )
    chosen = list(
        rows.order_by("pk").select_for_update(no_key=True).values_list("pk", "grade_id", "grade_held_until")
    )
    values = {"ids": [key for key, *_rest in chosen], "grade": grade_id}
    _move(actor, _BY_HAND, values, reason=GradeReason.HAND, note=reason, held=held, now=now)
    kept = keep_grades(actor, chosen, (grade_id, held), now)
    return Done(len(chosen), undo_id=kept.pk)


def grades_undone(actor: Actor, kept: Undo, now: datetime.datetime) -> list[uuid.UUID]:
    """Those who have still what they were given have again what they had."""
    mine = access.customers(actor, "write").filter(
        pk__in=kept.customer_ids, grade_id=kept.data["grade_id"], grade_held_until=kept.data["held"]
    )
    ids = list(mine.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    values = {"ids": ids, "undo": kept.pk}
    _move(actor, _BACK, values, reason=GradeReason.HAND, note=_("Taken back"), now=now)
    return ids


def release_grade(*, actor: Actor, customer_id: uuid.UUID, now: datetime.datetime) -> None:
    """Leave a customer to the rules again, from the next time they are applied on."""
    actor.require("customers.edit")
    customer = access.customer(actor, customer_id, need="write", lock=True)
    held = customer.grade_held_until
    if held is None:
        raise Conflict(_("The rules say this customer's grade already."))
    Customer.objects.filter(pk=customer.pk).update(grade_held_until=None, version=customer.version + 1)
    event = CustomerChanged(customer.pk, ["grade_held_until"])
    changes = {"grade_held_until": [held.isoformat(), None]}
    record(event, actor=actor, now=now, subject=("customer", customer.pk), changes=changes)


def _move(
    actor: Actor,
    moves: str,
    values: dict[str, Any],
    *,
    reason: GradeReason,
    now: datetime.datetime,
    note: str = "",
    held: datetime.date | None = None,
) -> int:
    """Give customers the grades that a statement says, and tell their histories; how many."""
    told: dict[str, Any] = {"reason": reason.value, "note": note, "actor": actor.name[:100], "now": now}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS grade_moved")
        cursor.execute(_MOVED.format(moves=moves), {**values, "held": held})
        cursor.execute(_KEEP, told)
        cursor.execute(_WRITE, {"edits": int(reason == GradeReason.HAND)})
        moved = int(cursor.rowcount)
    if moved:
        why = {"reason": [None, note]} if note else {"grade_reason": [None, reason.value]}
        write_entries(
            CustomerChanged.name, _TRAIL, {"why": Jsonb(why)}, actor=actor, now=now, kind="customer"
        )
        record(CustomersChanged(moved, {"grade": reason.value}), actor=actor, now=now)
    return moved
