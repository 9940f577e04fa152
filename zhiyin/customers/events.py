import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zhiyin.platform.outbox import Event


@dataclass(frozen=True)
class CustomerCreated(Event):
    name: ClassVar = "customers.customer_created"
    customer_id: uuid.UUID


@dataclass(frozen=True)
class CustomerChanged(Event):
    """``fields`` names what is different now; contact points and tags count as fields."""

    name: ClassVar = "customers.customer_changed"
    customer_id: uuid.UUID
    fields: list[str]


@dataclass(frozen=True)
class CustomerDeleted(Event):
    name: ClassVar = "customers.customer_deleted"
    customer_id: uuid.UUID


@dataclass(frozen=True)
class CustomersDeleted(Event):
    """Many went into the bin."""

    name: ClassVar = "customers.customers_deleted"
    customers: int


@dataclass(frozen=True)
class CustomersRestored(Event):
    """They came back from the bin."""

    name: ClassVar = "customers.customers_restored"
    customer_ids: list[uuid.UUID]


@dataclass(frozen=True)
class CustomerRestored(Event):
    name: ClassVar = "customers.customer_restored"
    customer_id: uuid.UUID


@dataclass(frozen=True)
class CustomerPurged(Event):
    name: ClassVar = "customers.customer_purged"
    customer_id: uuid.UUID


@dataclass(frozen=True)
class GradesChanged(Event):
    """The company's grades or their rules are others now."""

    name: ClassVar = "customers.grades_changed"


@dataclass(frozen=True)
class CustomerErased(Event):
    """A person and all that was known of him is gone for good; ``erasure_id`` says what, and not who."""

    name: ClassVar = "customers.customer_erased"
    erasure_id: uuid.UUID
    customer_ids: Sequence[uuid.UUID]


@dataclass(frozen=True)
class ErasureAsked(Event):
    name: ClassVar = "customers.erasure_asked"
    erasure_id: uuid.UUID


@dataclass(frozen=True)
class SuppressionLifted(Event):
    """An erased person may be entered and contacted again."""

    name: ClassVar = "customers.suppression_lifted"
    kind: str


@dataclass(frozen=True)
class CustomersPurged(Event):
    """They were deleted for good; their orders stay, without a buyer."""

    name: ClassVar = "customers.customers_purged"
    customer_ids: list[uuid.UUID]


@dataclass(frozen=True)
class CustomersMerged(Event):
    """``customer_ids`` vanished into ``survivor_id``: what refers to them refers to that one since."""

    name: ClassVar = "customers.customers_merged"
    survivor_id: uuid.UUID
    customer_ids: list[uuid.UUID]
    merge_id: uuid.UUID


@dataclass(frozen=True)
class MergeUndone(Event):
    name: ClassVar = "customers.merge_undone"
    survivor_id: uuid.UUID
    customer_ids: list[uuid.UUID]
    merge_id: uuid.UUID


@dataclass(frozen=True)
class DuplicatesFound(Event):
    name: ClassVar = "customers.duplicates_found"
    pairs: int


@dataclass(frozen=True)
class DuplicatesDecided(Event):
    """Of so many pairs somebody said whether they are the same: ``different``, ``later`` or ``open`` again."""

    name: ClassVar = "customers.duplicates_decided"
    pairs: int
    verdict: str


@dataclass(frozen=True)
class DuplicateRulesChanged(Event):
    name: ClassVar = "customers.duplicate_rules_changed"


@dataclass(frozen=True)
class CustomersChanged(Event):
    """Many customers at once; ``change`` says what was set on all of them."""

    name: ClassVar = "customers.customers_changed"
    count: int
    change: dict[str, Any]


@dataclass(frozen=True)
class CustomersShared(Event):
    """``customer_id`` is there for a single one; either ``member_id`` or ``unit_id`` tells with whom."""

    name: ClassVar = "customers.customers_shared"
    count: int
    customer_id: uuid.UUID | None
    member_id: uuid.UUID | None
    unit_id: uuid.UUID | None
    may_write: bool


@dataclass(frozen=True)
class SharingEnded(Event):
    name: ClassVar = "customers.sharing_ended"
    customer_id: uuid.UUID
    member_id: uuid.UUID | None
    unit_id: uuid.UUID | None


@dataclass(frozen=True)
class CustomersUnshared(Event):
    """So many shares of so many customers were taken away."""

    name: ClassVar = "customers.customers_unshared"
    count: int
    shares: int


@dataclass(frozen=True)
class CustomersExported(Event):
    name: ClassVar = "customers.customers_exported"
    count: int
    format: str


@dataclass(frozen=True)
class NoteChanged(Event):
    """A note was written, changed or taken away: ``what`` is ``added``, ``changed`` or ``removed``."""

    name: ClassVar = "customers.note_changed"
    customer_id: uuid.UUID
    note_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class RelationChanged(Event):
    """What two customers are to each other, told once for each of them.

    ``what`` is ``added``, ``changed`` or ``removed``.
    """

    name: ClassVar = "customers.relation_changed"
    customer_id: uuid.UUID
    other_id: uuid.UUID
    relation_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class FieldChanged(Event):
    """A company's own field was ``added``, ``changed``, ``archived`` or ``restored``."""

    name: ClassVar = "customers.field_changed"
    field_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class FormulasWorkedOut(Event):
    """What follows from formulas was written anew on ``count`` customers."""

    name: ClassVar = "customers.formulas_worked_out"
    count: int


@dataclass(frozen=True)
class RelationTypeChanged(Event):
    name: ClassVar = "customers.relation_type_changed"
    type_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class ConsentRecorded(Event):
    """A customer's answer; ``purpose_id`` is ``None`` for contact of any kind, an empty ``channel`` means all."""

    name: ClassVar = "customers.consent_recorded"
    customer_id: uuid.UUID
    purpose_id: uuid.UUID | None
    channel: str
    answer: str


@dataclass(frozen=True)
class DocumentChanged(Event):
    """A document was ``added``, ``changed``, ``removed`` or ``restored``, a link to it ``given`` or ``revoked``."""

    name: ClassVar = "customers.document_changed"
    customer_id: uuid.UUID
    document_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class PoolChanged(Event):
    """A pool was ``added``, ``changed``, ``archived`` or ``restored``."""

    name: ClassVar = "customers.pool_changed"
    pool_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class PoolLimitChanged(Event):
    """A limit of a pool was ``added``, ``changed``, ``removed`` or ``restored``."""

    name: ClassVar = "customers.pool_limit_changed"
    pool_id: uuid.UUID
    limit_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class CustomersPooled(Event):
    """So many customers have no owner any more and may be claimed."""

    name: ClassVar = "customers.customers_pooled"
    pool_id: uuid.UUID
    count: int


@dataclass(frozen=True)
class CustomersClaimed(Event):
    """So many customers of a pool have an owner: ``how`` is ``claimed`` or ``assigned``."""

    name: ClassVar = "customers.customers_claimed"
    pool_id: uuid.UUID
    member_id: uuid.UUID
    count: int
    how: str


@dataclass(frozen=True)
class AssignmentRuleChanged(Event):
    """A rule of assignment was ``added``, ``changed``, ``archived`` or ``restored``, or all were ``ordered``."""

    name: ClassVar = "customers.assignment_rule_changed"
    rule_id: uuid.UUID | None
    what: str


@dataclass(frozen=True)
class ProtectionRuleChanged(Event):
    """A rule of how long owners keep customers was ``added``, ``changed``, ``archived`` or ``restored``."""

    name: ClassVar = "customers.protection_rule_changed"
    rule_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class ProtectionProlonged(Event):
    """Owners keep so many customers until a day by a manager's word; ``until`` is empty when it was taken back."""

    name: ClassVar = "customers.protection_prolonged"
    count: int
    until: str


@dataclass(frozen=True)
class CustomersReclaimed(Event):
    """So many customers whose protection lapsed came into pools; ``left`` ones no pool takes."""

    name: ClassVar = "customers.customers_reclaimed"
    count: int
    left: int


@dataclass(frozen=True)
class LapsingTold(Event):
    """Owners were told that the protection of so many customers ends soon."""

    name: ClassVar = "customers.lapsing_told"
    count: int


@dataclass(frozen=True)
class DisputeChanged(Event):
    """A dispute about whose a customer is was ``opened``, ``answered``, ``decided`` or ``withdrawn``."""

    name: ClassVar = "customers.dispute_changed"
    dispute_id: uuid.UUID
    customer_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class SubjectRequestChanged(Event):
    """A person's request about the own data was ``received``, ``changed``, ``warned`` of, ``packed``,
    ``answered`` or ``reopened``."""

    name: ClassVar = "customers.subject_request_changed"
    request_id: uuid.UUID
    customer_id: uuid.UUID | None
    what: str


@dataclass(frozen=True)
class RestrictionChanged(Event):
    """The data of a customer are only kept from now on, or may be used again."""

    name: ClassVar = "customers.restriction_changed"
    customer_id: uuid.UUID
    restriction_id: uuid.UUID


@dataclass(frozen=True)
class PurposeChanged(Event):
    """A purpose of using personal data was ``added``, ``changed``, ``archived`` or ``restored``."""

    name: ClassVar = "customers.purpose_changed"
    purpose_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class TagChanged(Event):
    name: ClassVar = "customers.tag_changed"
    tag_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class ViewSaved(Event):
    name: ClassVar = "customers.view_saved"
    view_id: uuid.UUID
    what: str


@dataclass(frozen=True)
class ChangeUndone(Event):
    """A change was taken back on ``restored`` records; ``left`` had been changed since and stay."""

    name: ClassVar = "customers.change_undone"
    what: str
    restored: int
    left: int


@dataclass(frozen=True)
class SensitiveRulesChanged(Event):
    name: ClassVar = "customers.sensitive_rules_changed"
    ask_reason: bool


@dataclass(frozen=True)
class TouchPinned(Event):
    """An entry of the timeline stays on top, or not any more."""

    name: ClassVar = "customers.touch_pinned"
    customer_id: uuid.UUID
    event_id: uuid.UUID
    pinned: bool


@dataclass(frozen=True)
class RetentionRuleChanged(Event):
    """``change`` is added, changed, archived or restored."""

    name: ClassVar = "customers.retention_rule_changed"
    rule_id: uuid.UUID
    change: str


@dataclass(frozen=True)
class RetentionCleared(Event):
    """A rule cleared so many values of so many customers."""

    name: ClassVar = "customers.retention_cleared"
    rule_id: uuid.UUID
    customers: int
    values: int


@dataclass(frozen=True)
class LegalHoldChanged(Event):
    """A legal hold was set or ended."""

    name: ClassVar = "customers.legal_hold_changed"
    customer_id: uuid.UUID
    hold_id: uuid.UUID
