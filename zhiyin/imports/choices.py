from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportState(models.TextChoices):
    """Where an import stands. Only an applied one has changed anything."""

    DRAFT = "draft", _("Choose columns")
    CHECKING = "checking", _("Checking")
    CHECKED = "checked", _("Checked")
    APPLYING = "applying", _("Importing")
    APPLIED = "applied", _("Imported")
    UNDOING = "undoing", _("Undoing")
    UNDONE = "undone", _("Undone")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


UNSETTLED = (
    ImportState.CHECKING,
    ImportState.APPLYING,
    ImportState.UNDOING,
    # while its job is run again
    ImportState.FAILED,
    ImportState.CANCELLED,
)
