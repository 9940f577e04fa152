from django.db import models
from django.utils.translation import gettext_lazy as _


class FollowUpKind(models.TextChoices):
    """How somebody was in touch with a customer."""

    CALL = "call", _("Call")
    VISIT = "visit", _("Visit")
    MESSAGE = "message", _("Message")
    MAIL = "mail", _("Mail")
    MEETING = "meeting", _("Meeting")
    OTHER = "other", _("Other")


class TaskState(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


class Priority(models.IntegerChoices):
    HIGH = 1, _("High")
    NORMAL = 2, _("Normal")
    LOW = 3, _("Low")


class Answer(models.TextChoices):
    """What somebody invited to an appointment said."""

    OPEN = "open", _("No answer yet")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")


class Which(models.TextChoices):
    """How much of a series a change is meant for."""

    ONE = "one", _("Only this one")
    FOLLOWING = "following", _("This and all following")
    ALL = "all", _("All of the series")


class ConnectionProblem(models.TextChoices):
    """Why a connected calendar could not be synchronised."""

    PASSWORD = "password", _("The server refuses this user and password.")
    UNREACHABLE = "unreachable", _("The server cannot be reached.")
    BUSY = "busy", _("The server asks to come again later.")
    ANSWER = "answer", _("The server gave an answer that cannot be understood.")
    NO_CALENDAR = "no_calendar", _("There is no calendar at this address.")
    TOO_MANY = "too_many", _("There are more than 5,000 appointments in it.")
    RIGHTS = "rights", _("You may not write appointments any more.")
    KEYS = "keys", _("The password kept here cannot be opened any more; enter it again.")
