from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.permissions import register


class SalesConfig(AppConfig):
    name = "zhiyin.sales"

    def ready(self) -> None:
        import zhiyin.sales.actions.erasure
        import zhiyin.sales.actions.handover
        import zhiyin.sales.actions.merging
        import zhiyin.sales.approvals
        import zhiyin.sales.portability  # noqa: F401
        from zhiyin.customers.queries import facts
        from zhiyin.platform import notifications
        from zhiyin.sales.queries import with_open_deals

        facts.register(facts.Fact("opportunity", _("Open opportunity"), with_open_deals, "present"))

        notifications.register("sales.lead_given", _("%(who)s gave you the lead “%(name)s”."), "user-plus")

        overdue = _("Nobody has answered the lead “%(name)s” in time.")
        notifications.register("sales.lead_overdue", overdue, "clock")

        register("sales.view", _("See leads and opportunities"))
        register("sales.edit", _("Work on leads and opportunities"))
        register("sales.export", _("Export leads and opportunities"))
        register("sales.manage", _("Set up pipelines, targets and territories"))
