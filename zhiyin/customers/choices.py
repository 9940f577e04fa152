from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CustomerKind(models.TextChoices):
    PERSON = "person", _("Person")
    ORGANISATION = "organisation", _("Organisation")


class FieldType(models.TextChoices):
    """What a field of the customer file holds."""

    TEXT = "text", _("Text")
    LONG_TEXT = "long_text", _("Long text")
    NUMBER = "number", pgettext_lazy("what a field holds", "Number")
    MONEY = "money", _("Money")
    DATE = "date", _("Date")
    CHOICE = "choice", _("Choice")
    CHOICES = "choices", _("Several choices")
    YES_NO = "yes_no", _("Yes or no")
    LINK = "link", _("Link to a record")
    FILE = "file", _("File")


# what a company may mark as sensitive
MARKABLE = (FieldType.TEXT, FieldType.NUMBER)


class FieldAccess(models.TextChoices):
    """How far a role sees and changes a field, the most first."""

    OPEN = "open", _("Read and change")
    READ_ONLY = "read_only", _("Read")
    MASKED = "masked", _("Masked")
    HIDDEN = "hidden", _("Hidden")


class Gone(models.TextChoices):
    """Why a customer left all lists; empty for who is there."""

    MERGED = "merged", _("Merged")
    DELETED = "deleted", _("Deleted")


class PoolMoveKind(models.TextChoices):
    """How a customer came into a pool, or left it."""

    ENTERED = "entered", _("Put in")
    CLAIMED = "claimed", _("Claimed")
    ASSIGNED = "assigned", _("Assigned")


class AssignmentTarget(models.TextChoices):
    """To whom a rule gives customers."""

    MEMBERS = "members", _("People, in turn")
    UNIT = "unit", _("A unit, without an owner")
    POOL = "pool", _("A pool")


class Ruling(models.TextChoices):
    """What became of a dispute about whose a customer is."""

    OPEN = "open", _("Not decided")
    KEPT = "kept", _("Stays with the owner")
    MOVED = "moved", _("Goes to the claimant")
    SHARED = "shared", _("Shared with the claimant")
    WITHDRAWN = "withdrawn", _("Taken back")


class Survivorship(models.TextChoices):
    """Which value a field has after a merge, where nobody chose."""

    SURVIVOR = "survivor", _("That of the file which stays")
    NEWEST = "newest", _("That of the file changed last")
    LONGEST = "longest", _("The longest one")


class Verdict(models.TextChoices):
    """What became of two customers who may be one."""

    OPEN = "open", _("Not decided")
    LATER = "later", _("Later")
    MERGED = "merged", _("Merged")
    DIFFERENT = "different", _("Not the same")


class Status(models.TextChoices):
    """Where a customer stands between stranger and loyal buyer (domain.md, fig. 1-2)."""

    NON_CUSTOMER = "non_customer", _("Non-customer")
    POTENTIAL = "potential", _("Potential")
    TARGET = "target", _("Target")
    FIRST_TIME = "first_time", _("First-time")
    REPEAT = "repeat", _("Repeat")
    LOYAL = "loyal", _("Loyal")
    LOST = "lost", _("Lost")
    WON_BACK = "won_back", _("Won back")


PROSPECTS = (Status.NON_CUSTOMER, Status.POTENTIAL, Status.TARGET)
MOVES: dict[Status, frozenset[Status]] = {
    Status.NON_CUSTOMER: frozenset({Status.POTENTIAL}),
    Status.POTENTIAL: frozenset({Status.NON_CUSTOMER, Status.TARGET}),
    Status.TARGET: frozenset({Status.POTENTIAL, Status.FIRST_TIME}),
    Status.FIRST_TIME: frozenset({Status.REPEAT, Status.LOST}),
    Status.REPEAT: frozenset({Status.LOYAL, Status.LOST}),
    Status.LOYAL: frozenset({Status.LOST}),
    Status.LOST: frozenset({Status.WON_BACK, Status.NON_CUSTOMER}),
    Status.WON_BACK: frozenset({Status.REPEAT, Status.LOYAL, Status.LOST}),
}
"""The arrows of the figure, and from target back: one gives up. Purchases may tell several at once."""


class GradeRule(models.TextChoices):
    """Whom a grade takes."""

    SHARE = "share", _("The best, per cent")
    LEAST = "least", _("At least")
    REST = "rest", _("All others")
    HAND = "hand", _("By hand only")


class GradeMeasure(models.TextChoices):
    """What a grade goes by."""

    VALUE = "value", _("Value expected")
    SPEND = "spend", _("Spend so far")
    ORDERS = "orders", _("Number of orders")


class GradeReason(models.TextChoices):
    """Why a customer has another grade."""

    RULE = "rule", _("By the rules")
    HAND = "hand", _("By hand")


class Stage(models.TextChoices):
    """Lifecycle stage of the relationship."""

    EXPLORATION = "exploration", _("Exploration")
    FORMATION = "formation", _("Formation")
    MATURITY = "maturity", _("Maturity")
    DECLINE = "decline", _("Decline")


class ContactKind(models.TextChoices):
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    WECHAT = "wechat", _("WeChat ID")
    OPENID = "openid", _("WeChat OpenID")
    UNIONID = "unionid", _("WeChat UnionID")
    WECOM = "wecom", _("WeCom external ID")
    QQ = "qq", _("QQ")
    WEIBO = "weibo", _("Weibo")
    DOUYIN = "douyin", _("Douyin")
    ADDRESS = "address", _("Address")


class ErasureBasis(models.TextChoices):
    """Why a person is erased; PIPL article 47, GDPR article 17."""

    REQUEST = "request", _("The person asks for it")
    WITHDRAWN = "withdrawn", _("Consent was withdrawn")
    PURPOSE = "purpose", _("No longer needed for its purpose")
    UNLAWFUL = "unlawful", _("Should not have been kept")
    EXPIRED = "expired", _("The time to keep it is over")


class ContactCheck(models.TextChoices):
    """How it was found out that somebody is reached there."""

    TALK = "talk", _("Spoke there")
    CODE = "code", _("Code sent there came back")
    REPLY = "reply", _("Wrote from there")
    PAPER = "paper", _("Seen on a document")
    ARRIVED = "arrived", _("What was sent arrived")
    ACCOUNT = "account", _("Told by the service itself")


class TimelineKind(models.TextChoices):
    CREATED = "created", _("Created")
    NOTE = "note", _("Note")
    FOLLOW_UP = "follow_up", _("Follow-up")
    ORDER = "order", _("Order")
    RETURN = "return", _("Return")
    PAYMENT = "payment", _("Payment")
    LEAD = "lead", _("Lead")
    OPPORTUNITY = "opportunity", _("Opportunity")
    OWNER = "owner", _("Owner changed")
    STATUS = "status", _("Status changed")
    RELATION = "relation", _("Relation")
    CONSENT = "consent", _("Consent")
    DOCUMENT = "document", _("Document")
    APPOINTMENT = "appointment", _("Appointment")
    MERGE = "merge", _("Merge")
    SHARE = "share", _("Sharing")
    REQUEST = "request", _("Request about data")


class TagColour(models.TextChoices):
    BLUE = "blue", _("Blue")
    GREEN = "green", _("Green")
    ORANGE = "orange", _("Orange")
    RED = "red", _("Red")
    PURPLE = "purple", _("Purple")
    GREY = "grey", _("Grey")


class StatusReason(models.TextChoices):
    """What moved a customer from status to status."""

    BOUGHT = "bought", _("Bought")
    SILENT = "silent", _("Did not buy for long")
    RULES = "rules", _("Rules or records changed")
    STAGE = "stage", _("Lifecycle stage changed")
    UNDONE = "undone", _("Purchases were taken back")
    HAND = "hand", _("Moved by hand")


class UndoKind(models.TextChoices):
    """What can be taken back."""

    OWNER = "owner", _("Owner changed")
    TAG = "tag", _("Tag put on")
    UNTAG = "untag", _("Tag taken off")
    NOTE_CHANGED = "note_changed", _("Note changed")
    NOTE_REMOVED = "note_removed", _("Note removed")
    UNRELATE = "unrelate", _("Relation removed")
    CONTACT_GONE = "contact_gone", _("Contact point removed")
    SHARE = "share", _("Shared")
    UNSHARE = "unshare", _("Sharing ended")
    SENSITIVE = "sensitive", _("Sensitive value changed")
    DELETED = "deleted", _("Put into the bin")
    GRADE = "grade", _("Graded by hand")
    FILL = "fill", _("Field set on many")


class StandardRelation(models.TextChoices):
    """What every company begins with; the label says what the target is to the source."""

    WORKS_AT = "works_at", _("Works at")
    PARENT = "parent", _("Parent company")
    HOUSEHOLD = "household", _("Head of the household")
    DEALER = "dealer", _("Dealer")
    REFERRED_BY = "referred_by", _("Referred by")
    GUARANTOR = "guarantor", _("Guarantor")


# what the source of a standard relation is to its target
INVERSE_RELATION = {
    StandardRelation.WORKS_AT: _("Person there"),
    StandardRelation.PARENT: _("Subsidiary"),
    StandardRelation.HOUSEHOLD: _("Household member"),
    StandardRelation.DEALER: _("Customer behind the dealer"),
    StandardRelation.REFERRED_BY: _("Has referred"),
    StandardRelation.GUARANTOR: _("Guarantees for"),
}


class BuyingRole(models.TextChoices):
    """A person's part in what an organisation buys: the buying centre, the weightiest first."""

    DECISION_MAKER = "decision_maker", _("Decision maker")
    APPROVER = "approver", _("Approver")
    INFLUENCER = "influencer", _("Influencer")
    BUYER = "buyer", _("Buyer")
    USER = "user", _("User")
    GATEKEEPER = "gatekeeper", _("Gatekeeper")
    INITIATOR = "initiator", _("Initiator")
    CHAMPION = "champion", _("Champion")


class LegalBasis(models.TextChoices):
    """What allows a purpose (GDPR art. 6 (1); PIPL art. 13)."""

    CONSENT = "consent", _("Consent")
    CONTRACT = "contract", _("Contract")
    LAW = "law", _("Legal obligation")
    INTEREST = "interest", _("Legitimate interest")


class StandardPurpose(models.TextChoices):
    """What every company begins with."""

    NEWS = "news", _("News and offers")
    SURVEY = "survey", _("Surveys")
    SERVICE = "service", _("Service messages")
    PROFILING = "profiling", _("Analysis and profiling")


class RetentionSince(models.TextChoices):
    """From when on the days of a rule of retention are counted."""

    CONTACT = "contact", _("Last contact")
    ORDER = "order", _("Last order")
    END = "end", _("End of the relationship")
    CREATION = "creation", _("Creation")


class ConsentAnswer(models.TextChoices):
    GIVEN = "given", _("Given")
    REFUSED = "refused", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


AGAINST = (ConsentAnswer.REFUSED, ConsentAnswer.WITHDRAWN)
EVERY_CHANNEL = ""


class ConsentChannel(models.TextChoices):
    PHONE = "phone", _("Phone")
    SMS = "sms", _("SMS")
    EMAIL = "email", _("E-mail")
    WECHAT = "wechat", _("WeChat")
    POST = "post", _("Post")


class ConsentSource(models.TextChoices):
    """Where an answer was given."""

    TALK = "talk", _("In a talk")
    PHONE = "phone", _("On the phone")
    PAPER = "paper", _("On paper")
    WEB = "web", _("On the web")
    MESSAGE = "message", _("In a message")
    IMPORT = "import", _("Brought along from another system")


class RequestKind(models.TextChoices):
    """What somebody may ask about the data that is kept of him."""

    ACCESS = "access", _("Copy of the data")
    CORRECTION = "correction", _("Correction")
    RESTRICTION = "restriction", _("Restriction")
    OBJECTION = "objection", _("Objection")
    ERASURE = "erasure", _("Erasure")


class RequestState(models.TextChoices):
    OPEN = "open", _("Not answered")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Taken back")
