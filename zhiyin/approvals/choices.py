from django.db import models
from django.utils.translation import gettext_lazy as _


class RequestState(models.TextChoices):
    """``lapsed``: what it was about changed, so that a yes to it would say nothing of what it is now."""

    PENDING = "pending", _("Waits for a decision")
    RETURNED = "returned", _("Returned for change")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    RECALLED = "recalled", _("Taken back")
    LAPSED = "lapsed", _("Lapsed, since it was changed")


OPEN = (RequestState.PENDING, RequestState.RETURNED)


class TurnState(models.TextChoices):
    WAITING = "waiting", _("Comes later")
    OPEN = "open", _("Is asked")
    DONE = "done", _("Has agreed")
    ENDED = "ended", _("Is not needed any more")


class Answer(models.TextChoices):
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    RETURNED = "returned", _("Returned for change")


class Who(models.TextChoices):
    SUPERIOR = "superior", _("Whoever is above")
    PEOPLE = "people", _("These people")


class Mode(models.TextChoices):
    ANY = "any", _("One of them is enough")
    ALL = "all", _("All of them")


class Way(models.TextChoices):
    """Why somebody is asked."""

    RULE = "rule", _("By the rule")
    ESCALATED = "escalated", _("Time ran out")
    REPLACED = "replaced", _("In place of somebody who left")
    HANDED = "handed", _("Handed over")


class Did(models.TextChoices):
    """What a request's history tells."""

    ASKED = "asked", _("Asked")
    AGAIN = "again", _("Asked again")
    COMMENTED = "commented", _("Commented")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    RETURNED = "returned", _("Returned for change")
    RECALLED = "recalled", _("Took it back")
    ESCALATED = "escalated", _("Time ran out: asks besides")
    REPLACED = "replaced", _("Asks in place of who left")
    LAPSED = "lapsed", _("Lapsed, since it was changed")
