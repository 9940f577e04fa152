from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.permissions import register


class CommerceConfig(AppConfig):
    name = "zhiyin.commerce"

    def ready(self) -> None:
        import zhiyin.commerce.actions.merging
        import zhiyin.commerce.actions.purging
        import zhiyin.commerce.portability  # noqa: F401
        from zhiyin.commerce.filters import customers_of_order, order_terms, sales
        from zhiyin.commerce.links import PRODUCT
        from zhiyin.customers import filters
        from zhiyin.customers.fields import links
        from zhiyin.customers.filters import searching
        from zhiyin.customers.queries import facts

        links.register(PRODUCT)
        filters.register(order_terms)
        facts.register(facts.Fact("order", _("Order"), sales, "ordered_at"))
        searching.register(customers_of_order)
        register("products.view", _("See products"))
        register("products.edit", _("Create and change products"))
        register("orders.view", _("See orders"))
        register("orders.edit", _("Create and change orders"))
