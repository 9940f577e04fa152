from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.permissions import register


class ApprovalsConfig(AppConfig):
    name = "zhiyin.approvals"

    def ready(self) -> None:
        import zhiyin.approvals.actions.handover  # noqa: F401
        from zhiyin.platform import notifications

        for code, text, icon in (
            ("asked", _("%(asker)s asks for your approval of “%(title)s”."), "rubber-stamp"),
            ("approved", _("%(who)s approved “%(title)s”."), "check"),
            ("rejected", _("%(who)s rejected “%(title)s”."), "x"),
            ("returned", _("%(who)s wants “%(title)s” changed before an approval."), "arrow-back-up"),
            ("lapsed", _("“%(title)s” was changed, so the approval of it lapsed."), "alert-triangle"),
            ("commented", _("%(who)s wrote about the approval of “%(title)s”."), "message"),
            ("overdue", _("Nobody decided on “%(title)s” in time; others are asked besides."), "clock"),
        ):
            notifications.register(f"approvals.{code}", text, icon)
        notifications.register(
            "approvals.deputy",
            _("You answer what %(who)s is asked to approve, from %(from)s to %(to)s."),
            "user-share",
        )
        register("approvals.decide", _("Decide what colleagues ask an approval for"))
