"""Tables of the customer file."""

from zhiyin.customers.models.assignment import Assignment, AssignmentRule, AssignmentTurn
from zhiyin.customers.models.consent import Consent, Purpose
from zhiyin.customers.models.contact import ContactPoint, contact_order
from zhiyin.customers.models.customer import Customer, CustomerSearch, StatusChange, StatusFlow
from zhiyin.customers.models.dispute import Dispute
from zhiyin.customers.models.document import (
    Document,
    DocumentLink,
    DocumentOpening,
    DocumentVersion,
)
from zhiyin.customers.models.duplicate import DuplicateRules, Suspect
from zhiyin.customers.models.erasure import Erasure
from zhiyin.customers.models.field import CustomField
from zhiyin.customers.models.field_value import FieldValue
from zhiyin.customers.models.grade import Grade, GradeChange
from zhiyin.customers.models.holding import Holding, HoldingCount, ProtectionRule
from zhiyin.customers.models.merge import Merge, MergedRow
from zhiyin.customers.models.note import Note
from zhiyin.customers.models.pool import Pool, PoolLimit, PoolMove
from zhiyin.customers.models.relation import Relation, RelationType
from zhiyin.customers.models.restriction import Restriction
from zhiyin.customers.models.retention import LegalHold, RetentionRule
from zhiyin.customers.models.sensitive import SensitiveIndex, SensitiveRules, SensitiveValue
from zhiyin.customers.models.share import Share
from zhiyin.customers.models.subject_request import SubjectRequest
from zhiyin.customers.models.tag import CustomerTag, Tag
from zhiyin.customers.models.timeline import TimelineEvent, TimelinePin
from zhiyin.customers.models.undo import Undo
from zhiyin.customers.models.view import SavedView

__all__ = [
    "Assignment",
    "AssignmentRule",
    "AssignmentTurn",
    "Consent",
    "ContactPoint",
    "CustomField",
    "Customer",
    "CustomerSearch",
    "CustomerTag",
    "Dispute",
    "Document",
    "DocumentLink",
    "DocumentOpening",
    "DocumentVersion",
    "DuplicateRules",
    "Erasure",
    "FieldValue",
    "Grade",
    "GradeChange",
    "Holding",
    "HoldingCount",
    "LegalHold",
    "Merge",
    "MergedRow",
    "Note",
    "Pool",
    "PoolLimit",
    "PoolMove",
    "ProtectionRule",
    "Purpose",
    "Relation",
    "RelationType",
    "Restriction",
    "RetentionRule",
    "SavedView",
    "SensitiveIndex",
    "SensitiveRules",
    "SensitiveValue",
    "Share",
    "StatusChange",
    "StatusFlow",
    "SubjectRequest",
    "Suspect",
    "Tag",
    "TimelineEvent",
    "TimelinePin",
    "Undo",
    "contact_order",
]
