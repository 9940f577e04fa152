"""What can be wrong with a request, in words for the person who made it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A request that cannot be done; ``message`` says why, ``field`` names the input at fault."""

    status = 400
    message: str | Promise = _("This cannot be done.")

    def __init__(self, message: str | Promise | None = None, *, field: str | None = None) -> None:
        if message is not None:
            self.message = message
        self.field = field
        super().__init__(str(self.message))


class Invalid(DomainError):
    """Input that breaks a rule."""

    message = _("This value is not valid.")


class NotFound(DomainError):
    """Missing, or not for this actor: the two look alike."""

    status = 404
    message = _("Not found.")


class PermissionDenied(DomainError):
    status = 403
    message = _("You do not have permission to do this.")


class Conflict(DomainError):
    """Somebody else changed it meanwhile, or it exists already."""

    status = 409
    message = _("Somebody changed this meanwhile. Look at it again and repeat your change.")
