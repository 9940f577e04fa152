from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.logging import configure
from zhiyin.platform.permissions import register


class PlatformConfig(AppConfig):
    name = "zhiyin.platform"
    label = "platform"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register("audit.view", _("See the audit log"))
        register("jobs.view_all", _("See and cancel everybody's jobs"))
        import_module("zhiyin.platform.lookups")
        configure(settings.ZHIYIN_LOG_LEVEL, as_json=settings.ZHIYIN_LOG_JSON)
        autodiscover_modules("handlers")
