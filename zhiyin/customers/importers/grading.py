"""Grades that a file gives: by hand, as a person would, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from zhiyin.customers.choices import GradeReason
from zhiyin.customers.events import CustomerChanged
from zhiyin.customers.models import Grade
from zhiyin.imports.landing import Landing
from zhiyin.imports.messages import Message, gettext_noop
from zhiyin.imports.reading import ROW
from zhiyin.platform.record import write_entries

if TYPE_CHECKING:
    from zhiyin.imports.workspace import Workspace

_UNKNOWN = gettext_noop("There is no such grade: the company has {grades}.")
# who is new gets his grade as he is made: no edit, and no entry of its own
_GIVEN = """
CREATE TEMP TABLE grade_moved ON COMMIT DROP AS
SELECT c.id AS customer_id, c.grade_id AS old_id, c.grade_held_until AS old_held, coalesce(o.name, '') AS previous,
    n.id AS grade_id, n.name AS grade, date '9999-12-31' AS held,
    (c.import_id IS DISTINCT FROM %(import)s)::int AS edits
FROM landed_grades l JOIN customer_ids i USING (cno) JOIN customers_customer c ON c.id = i.id
JOIN customers_grade n ON n.id = l.grade_id LEFT JOIN customers_grade o ON o.id = c.grade_id
WHERE c.grade_id IS DISTINCT FROM n.id AND (%(open)s OR c.import_id IS NOT DISTINCT FROM %(import)s)
"""
_BACK = """
CREATE TEMP TABLE grade_moved ON COMMIT DROP AS
SELECT c.id AS customer_id, coalesce(o.name, '') AS previous, n.id AS grade_id, coalesce(n.name, '') AS grade,
    (j.before ->> 'held')::date AS held, 1 AS edits
FROM imports_importchange j JOIN customers_customer c ON c.id = j.subject_id
JOIN customers_grade o ON o.id = c.grade_id LEFT JOIN customers_grade n ON n.id = (j.before ->> 'grade')::uuid
WHERE j.batch_id = %(import)s AND j.subject_kind = 'grade' AND c.grade_id = (j.after ->> 'grade')::uuid
    AND c.grade_held_until = date '9999-12-31'
"""
_KEEP = """
INSERT INTO customers_gradechange (customer_id, previous, grade, reason, note, actor_name, changed_at)
SELECT customer_id, previous, grade, %(reason)s, %(note)s, %(actor)s, %(now)s FROM grade_moved
"""
_WRITE = """
UPDATE customers_customer c SET grade_id = m.grade_id, grade_held_until = m.held, version = c.version + m.edits
FROM grade_moved m WHERE m.customer_id = c.id
"""
_TRAIL = """
SELECT customer_id, jsonb_build_object('grade', jsonb_build_array(nullif(previous, ''), nullif(grade, '')))
FROM grade_moved WHERE edits = 1
"""


def refuse_unknown_grades(work: Workspace) -> None:
    """Make ``grades`` (``name``, ``id``) in DuckDB, and refuse rows that name another one."""
    if "grade" not in work.mapping:
        return
    known = {name.lower(): str(key) for name, key in Grade.objects.values_list("name", "pk")}
    work.con.execute("CREATE OR REPLACE TABLE grades (name VARCHAR, id VARCHAR)")
    work.insert("grades", [list(known), list(known.values())])
    names = _(", ").join(Grade.objects.values_list("name", flat=True))
    work.refuse(
        Message(_UNKNOWN, {"grades": names}),
        f"SELECT {ROW} FROM typed WHERE grade IS NOT NULL AND lower(grade) NOT IN (SELECT name FROM grades)",
    )


def write_grades(work: Workspace, landing: Landing, *, open_to_all: bool) -> None:
    """Grade the landed customers as the file says; only new ones unless the grade is ``open_to_all``."""
    if not work.one("SELECT count(grade) FROM customers"):
        return
    landing.copy(
        work.con,
        "SELECT cno, g.id FROM customers SEMI JOIN wanted USING (cno) JOIN grades g ON g.name = lower(grade) ORDER BY cno",
        "landed_grades",
        "cno int, grade_id uuid",
    )
    _moved(landing, _GIVEN, open=open_to_all)
    landing.journal(
        "SELECT 'grade', customer_id, jsonb_build_object('grade', old_id, 'held', old_held),"
        " jsonb_build_object('grade', grade_id) FROM grade_moved WHERE edits = 1"
    )
    _tell(landing, _("Imported"))


def regrade(landing: Landing) -> None:
    """Give back the grades that customers had, where they still have what the import gave."""
    _moved(landing, _BACK)
    _tell(landing, _("Import taken back"))


def _moved(landing: Landing, moves: str, **parameters: object) -> None:
    landing.run("DROP TABLE IF EXISTS pg_temp.grade_moved")
    landing.run(moves, **parameters)


def _tell(landing: Landing, note: str) -> None:
    told = {"reason": GradeReason.HAND.value, "note": note, "actor": landing.actor.name[:100]}
    landing.run(_KEEP, **told)
    landing.run(_WRITE)
    write_entries(CustomerChanged.name, _TRAIL, {}, actor=landing.actor, now=landing.now, kind="customer")
