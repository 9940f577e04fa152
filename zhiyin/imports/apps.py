from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.permissions import register


class ImportsConfig(AppConfig):
    name = "zhiyin.imports"

    def ready(self) -> None:
        register("imports.run", _("Import files"))
        autodiscover_modules("importers")
