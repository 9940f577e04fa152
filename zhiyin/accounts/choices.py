from django.db import models
from django.utils.translation import gettext_lazy as _


class RecordScope(models.TextChoices):
    """Which records a role reaches."""

    OWN = "own", _("Own records")
    UNIT = "unit", _("Records of the unit")
    SUBTREE = "subtree", _("Records of the unit and those below it")
    ALL = "all", _("All records")


class Theme(models.TextChoices):
    AUTO = "auto", _("As the device")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")
