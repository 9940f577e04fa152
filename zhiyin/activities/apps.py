from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.permissions import register


class ActivitiesConfig(AppConfig):
    name = "zhiyin.activities"

    def ready(self) -> None:
        import zhiyin.activities.actions.erasure
        import zhiyin.activities.actions.handover
        import zhiyin.activities.actions.merging
        import zhiyin.activities.actions.retention
        import zhiyin.activities.portability  # noqa: F401
        from zhiyin.activities.filters import activity_terms
        from zhiyin.activities.models import FollowUp
        from zhiyin.customers import filters
        from zhiyin.customers.queries import facts
        from zhiyin.platform import notifications

        filters.register(activity_terms)
        facts.register(facts.Fact("follow_up", _("Follow-up"), FollowUp.objects.all, "created_at"))
        register("activities.view", _("See tasks and follow-ups"))
        notifications.register(
            "activities.task_given", _("%(who)s gave you the task “%(title)s”."), "list-check"
        )
        notifications.register("activities.reminder", _("Reminder of the task “%(title)s”."), "clock")
        for code, text, icon in (
            ("invited", _("%(who)s invited you to “%(title)s”."), "calendar-event"),
            ("appointment_moved", _("%(who)s changed the appointment “%(title)s”."), "calendar-event"),
            ("appointment_off", _("%(who)s called off “%(title)s”."), "calendar-event"),
            ("appointment_accepted", _("%(who)s comes to “%(title)s”."), "check"),
            ("appointment_declined", _("%(who)s does not come to “%(title)s”."), "x"),
            (
                "appointment_met",
                _(
                    "“%(title)s” was changed here and in your other calendar: “%(kept)s” is kept, not “%(lost)s”."
                ),
                "calendar-event",
            ),
            ("calendar_fails", _("Your calendar “%(title)s” cannot be synchronised."), "alert-triangle"),
            ("appointment_reminder", _("Reminder of the appointment “%(title)s”."), "clock"),
        ):
            notifications.register(f"activities.{code}", text, icon)
        register("activities.edit", _("Write tasks and follow-ups"))
