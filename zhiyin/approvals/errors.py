"""What can be refused here, in words for the person who asked."""

import uuid

from django.utils.translation import gettext_lazy as _

from zhiyin.platform.errors import Conflict, Invalid


class NeedsApproval(Conflict):
    """``subject`` and ``subject_id`` are what to ask for."""

    message = _("This needs an approval first. Ask for it.")

    def __init__(self, subject: str, subject_id: uuid.UUID) -> None:
        self.subject, self.subject_id = subject, subject_id
        super().__init__()


class WaitsForApproval(Conflict):
    message = _("This waits for an approval that was asked for.")


class WasRejected(Conflict):
    message = _("This was rejected. Change it, or ask again.")


class AskedAlready(Conflict):
    message = _("An approval of this is asked for already.")


class Decided(Conflict):
    message = _("This is decided already, or was taken back. Look at it again.")


class NobodyDecides(Invalid):
    message = _("Nobody can be asked: everybody whom the rule names has left or asks himself.")


class NeedsNone(Invalid):
    message = _("No rule asks for an approval of this.")
