from django.db import models
from django.utils.translation import gettext_lazy as _


class CustomerKind(models.TextChoices):
    PERSON = "person", _("Person")
    ORGANISATION = "organisation", _("Organisation")


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


class Stage(models.TextChoices):
    """Lifecycle stage of the relationship."""

    EXPLORATION = "exploration", _("Exploration")
    FORMATION = "formation", _("Formation")
    MATURITY = "maturity", _("Maturity")
    DECLINE = "decline", _("Decline")


class ContactKind(models.TextChoices):
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    ADDRESS = "address", _("Address")


class TimelineKind(models.TextChoices):
    CREATED = "created", _("Created")
    NOTE = "note", _("Note")
    ORDER = "order", _("Order")
    RETURN = "return", _("Return")
    PAYMENT = "payment", _("Payment")
    OWNER = "owner", _("Owner changed")
    STATUS = "status", _("Status changed")


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


class UndoKind(models.TextChoices):
    """What can be taken back."""

    OWNER = "owner", _("Owner changed")
    TAG = "tag", _("Tag put on")
    UNTAG = "untag", _("Tag taken off")
    NOTE_CHANGED = "note_changed", _("Note changed")
    NOTE_REMOVED = "note_removed", _("Note removed")
