"""What can need a yes. An app registers each kind in its ``apps.py``, and asks before it does the thing::

    subjects.register(Subject("sales.discount", _("Discount on a deal"), "sales.edit", discount_of, names_of, seen_of))

    actions.require_approval(actor=actor, subject="sales.discount", subject_id=deal.pk)
    actions.note_changed(actor=actor, subject="sales.discount", subject_id=deal.pk, now=now)  # after each change

News of a decision is the event ``approvals.approval_changed``.
"""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise

from zhiyin.platform.actors import Actor
from zhiyin.platform.errors import NotFound

FACTS = ("amount", "discount", "margin", "grade")


@dataclass(frozen=True, slots=True)
class Matter:
    """What a request is about, as it is now; ``digest`` is the same as long as a yes to it holds.

    ``discount`` and ``margin`` are percentages; what does not apply is ``None``.
    """

    digest: str
    amount: Decimal | None = None
    currency: str = ""
    discount: Decimal | None = None
    margin: Decimal | None = None
    grade: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """``matter`` is ``None`` for what is gone; ``seen`` names those that an actor reaches, by key.

    ``names`` gives names to those who are asked: they are told what it is about even where they do not reach it.
    ``facts`` are those of ``FACTS`` that a rule can go by.
    """

    code: str
    label: str | Promise
    permission: str
    matter: Callable[[uuid.UUID], Matter | None]
    names: Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, str]]
    seen: Callable[[Actor, Collection[uuid.UUID]], Collection[uuid.UUID]]
    url_name: str = ""
    facts: tuple[str, ...] = FACTS


_subjects: dict[str, Subject] = {}


def register(subject: Subject) -> None:
    """Make a kind known."""
    _subjects[subject.code] = subject


def subjects() -> list[Subject]:
    return list(_subjects.values())


def subject(code: str) -> Subject:
    """Raises ``NotFound``."""
    found = _subjects.get(code)
    if found is None:
        raise NotFound
    return found


def known(code: str) -> Subject | None:
    """``None`` for one of a version before or after this."""
    return _subjects.get(code)
