"""Where somebody may be written of, in the customer file and below it."""

from zhiyin.approvals.models import ApprovalAct, ApprovalRequest
from zhiyin.customers.actions.erasure.person import Person
from zhiyin.customers.actions.erasure.sweep import before_erasure, sweeps
from zhiyin.customers.models import (
    Assignment,
    AssignmentRule,
    Consent,
    Dispute,
    Document,
    DocumentLink,
    GradeChange,
    LegalHold,
    Merge,
    MergedRow,
    Note,
    PoolMove,
    Relation,
    SavedView,
    Share,
    StatusChange,
    Suspect,
    TimelineEvent,
    Undo,
)
from zhiyin.imports.actions import forget_changes
from zhiyin.imports.models import Import, ImportChange
from zhiyin.platform.models import Job, Notification, OutboxEvent

sweeps(ApprovalRequest, "reason")
sweeps(ApprovalAct, "text")
sweeps(Assignment, "reason")
sweeps(AssignmentRule, "name", "reason", "filter")
sweeps(Consent, "source", "proof")
sweeps(Dispute, "reason", "evidence", "answer", "ruling_reason")
sweeps(Document, "title")
sweeps(DocumentLink, "recipient")
sweeps(LegalHold, "reason")
sweeps(GradeChange, "note")
sweeps(Merge, "changed")
sweeps(MergedRow, "kept")
sweeps(Note, "body")
sweeps(PoolMove, "reason")
sweeps(Relation, "role", "title")
sweeps(SavedView, "name", "query")
sweeps(Share, "reason", "part")
sweeps(StatusChange, "note")
sweeps(Suspect, "evidence")
sweeps(TimelineEvent, "data")
sweeps(Undo, "data")
sweeps(Import, "result", "recognised", "error")
sweeps(ImportChange, "before", "after")
sweeps(Job, "title", "arguments", "message", "result", "error")
sweeps(Notification, "data")
sweeps(OutboxEvent, "data")


@before_erasure
def forget_import_changes(person: Person) -> dict[str, int]:
    """What an import changed of them is not put back by its undo."""
    return {ImportChange._meta.label: forget_changes(person.ids)}
