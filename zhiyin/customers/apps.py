from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.permissions import register


class CustomersConfig(AppConfig):
    name = "zhiyin.customers"

    def ready(self) -> None:
        from zhiyin.customers import filters
        from zhiyin.customers.filters import core

        filters.register(core.file_terms)
        filters.register(core.other_terms)
        register("customers.view", _("See customers"))
        register("customers.edit", _("Create and change customers"))
        register("customers.delete", _("Delete customers"))
        register("customers.export", _("Export customers"))
