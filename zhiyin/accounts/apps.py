from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.permissions import register


class AccountsConfig(AppConfig):
    name = "zhiyin.accounts"

    def ready(self) -> None:
        from zhiyin.platform import notifications

        notifications.register(
            "accounts.handed_over",
            _("%(who)s handed over to you some of what %(giver)s had: %(count)s."),
            "arrow-right",
        )
        register("accounts.manage", _("Manage users, roles, units and tokens"))
        register("settings.manage", _("Change the company's settings"))
