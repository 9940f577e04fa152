from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.permissions import register


class AnalyticsConfig(AppConfig):
    name = "zhiyin.analytics"

    def ready(self) -> None:
        register("insight.view", _("See what a customer is worth"))
        register("insight.company", _("See the analysis of the whole company"))
        register("insight.run", _("Run the analysis and change its settings"))
        autodiscover_modules("datasets")
