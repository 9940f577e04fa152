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


class Known(models.TextChoices):
    """What becomes of a row whose record, by its code, is there already."""

    UPDATE = "update", _("Write what the file says over it")
    SKIP = "skip", _("Leave it as it is")
    ASK = "ask", _("Set the row aside and ask me")


class Alike(models.TextChoices):
    """What becomes of a row that by something else than its code is like a record that is there already."""

    CREATE = "create", _("Import it as a new one")
    UPDATE = "update", _("Write what the file says over it")
    SKIP = "skip", _("Leave it as it is")
    ASK = "ask", _("Set the row aside and ask me")


UNSETTLED = (
    ImportState.CHECKING,
    ImportState.APPLYING,
    ImportState.UNDOING,
    # while its job is run again
    ImportState.FAILED,
    ImportState.CANCELLED,
)
