from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.permissions import register


class CustomersConfig(AppConfig):
    name = "zhiyin.customers"

    def ready(self) -> None:
        import zhiyin.customers.actions.erasure.own
        import zhiyin.customers.actions.handover
        import zhiyin.customers.actions.merging.own
        import zhiyin.customers.actions.merging.sensitive
        import zhiyin.customers.actions.retention.own
        import zhiyin.customers.portability  # noqa: F401
        from zhiyin.customers import filters, queries
        from zhiyin.customers.actions.sensitive import forget_sensitive
        from zhiyin.customers.fields import links
        from zhiyin.customers.filters import (
            codes,
            consents,
            contacts,
            core,
            holdings,
            sealed,
            searching,
            sensitive,
            tree,
        )
        from zhiyin.platform import crypto, notifications

        links.register(links.customer_target(queries.quick_search))
        links.register(links.MEMBER)
        filters.register(core.file_terms)
        filters.register(core.other_terms)
        filters.register(contacts.contact_terms)
        filters.register(consents.consent_terms)
        filters.register(holdings.holding_terms)
        filters.register(sensitive.sensitive_terms)
        crypto.when_destroyed(forget_sensitive)
        searching.register(sensitive.customers_of_sensitive)
        searching.register(codes.customers_of_own_code)
        searching.register(sealed.customers_of_sealed)
        tree.VEILS.append(sensitive.veil)
        notifications.register(
            "customers.mentioned", _("%(who)s mentioned you in a note on %(customer)s."), "note"
        )
        notifications.register(
            "customers.document_opened", _("%(who)s opened “%(title)s” of %(customer)s."), "file-text"
        )
        notifications.register(
            "customers.shared", _("%(who)s shared customers with you: %(count)s."), "share"
        )
        notifications.register(
            "customers.lapsing",
            _("The protection of some of your customers ends soon, unless you look after them: %(count)s."),
            "hourglass",
        )
        notifications.register(
            "customers.reclaimed",
            _("Some of your customers went into a pool, since nobody looked after them: %(count)s."),
            "inbox",
        )
        notifications.register(
            "customers.assigned", _("The rules of assignment gave you customers: %(count)s."), "user-plus"
        )
        notifications.register("customers.disputed", _("%(who)s says that %(customer)s is his."), "scale")
        notifications.register(
            "customers.dispute_answered", _("%(who)s answered in the dispute about %(customer)s."), "scale"
        )
        notifications.register(
            "customers.dispute_decided", _("%(who)s ended the dispute about %(customer)s."), "scale"
        )
        notifications.register(
            "customers.request_received",
            _("%(who)s noted a request of %(customer)s about their data."),
            "shield-check",
        )
        notifications.register(
            "customers.request_given",
            _("%(who)s gave you a request of %(customer)s about their data."),
            "shield-check",
        )
        notifications.register(
            "customers.request_due",
            _("A request of %(customer)s about their data is due soon."),
            "shield-check",
        )
        notifications.register(
            "customers.request_overdue",
            _("A request of %(customer)s about their data is overdue."),
            "shield-check",
        )
        register("customers.view", _("See customers"))
        register("customers.edit", _("Create and change customers"))
        register("customers.delete", _("Put customers into the bin, and restore them"))
        register("customers.purge", _("Purge deleted customers for good"))
        register("customers.erase", _("Erase persons for good, with everything that tells of them"))
        register("customers.export", _("Export customers"))
        register("customers.assign", _("Hand over what a member has, and see shares of who left"))
        register("customers.reveal", _("See sensitive values of customers whole, each time audited"))
        register("customers.hold", _("Set and end legal holds of customers"))
        register("customers.sensitive", _("Export sensitive values of customers"))
        register("customers.requests", _("Answer people's requests about their data"))
        register("customers.assign_rules", _("Set up rules of assignment, and give customers by them"))
        register("pools.manage", _("Set up pools and assign from them"))
