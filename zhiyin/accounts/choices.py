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


class TimeFormat(models.TextChoices):
    AUTO = "auto", _("As the language")
    HOURS_24 = "24", _("24 hours")
    HOURS_12 = "12", _("12 hours")
