import uuid
from dataclasses import dataclass
from typing import ClassVar

from zhiyin.platform.outbox import Event


@dataclass(frozen=True)
class ApprovalChanged(Event):
    """``what`` is one of ``choices.Did``, or ``handed``; ``state`` is that of the request now."""

    name: ClassVar = "approvals.approval_changed"
    request_id: uuid.UUID
    subject: str
    subject_id: uuid.UUID
    what: str
    state: str


@dataclass(frozen=True)
class RuleChanged(Event):
    """``what`` is ``added``, ``changed``, ``ordered``, ``archived`` or ``restored``."""

    name: ClassVar = "approvals.rule_changed"
    rule_id: uuid.UUID | None
    what: str


@dataclass(frozen=True)
class AbsenceChanged(Event):
    """``what`` is ``added`` or ``removed``."""

    name: ClassVar = "approvals.absence_changed"
    absence_id: uuid.UUID
    what: str
