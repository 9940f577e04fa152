"""What the counts of an import are called."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FORMATS: dict[str, str | Promise] = {"text": _("Text"), "workbook": _("Workbook"), "parquet": "Parquet"}
WORDS: dict[str, str | Promise] = {
    "customers": _("Customers in the file"),
    "products": _("Products in the file"),
    "orders": _("Orders in the file"),
    "lines": _("Order lines in the file"),
    "lines_without_customer": _("Lines without a customer"),
    "cancellation_lines": _("Cancellation lines"),
    "return_lines": _("Return lines"),
    "duplicates": _("Repeated lines"),
    "countries": _("Countries"),
    "repeated": _("Repeated rows"),
    "customers_new": _("New customers"),
    "customers_known": _("Customers there already"),
    "products_new": _("New products"),
    "products_known": _("Products there already"),
    "orders_new": _("New orders"),
    "lines_new": _("New order lines"),
    "lines_known": _("Order lines there already"),
    "customers_created": _("Customers created"),
    "customers_assigned": _("Customers given by the rules of assignment"),
    "customers_changed": _("Customers changed"),
    "products_created": _("Products created"),
    "products_changed": _("Products changed"),
    "orders_created": _("Orders created"),
    "orders_known": _("Orders there already"),
    "orders_changed": _("Orders that got further lines"),
    "lines_created": _("Order lines created"),
    "orders_deleted": _("Orders deleted"),
    "orders_kept": _("Orders kept, because they are used"),
    "orders_restored": _("Orders put back as they were"),
    "lines_deleted": _("Order lines deleted"),
    "products_deleted": _("Products deleted"),
    "products_kept": _("Products kept, because they are used"),
    "products_restored": _("Products put back as they were"),
    "customers_deleted": _("Customers deleted"),
    "customers_kept": _("Customers kept, because they are used or were edited"),
    "leads": _("Leads"),
    "leads_new": _("New leads"),
    "leads_known": _("Leads there already, left as they are"),
    "leads_created": _("Leads created"),
    "leads_deleted": _("Leads deleted"),
    "leads_kept": _("Leads kept, because somebody worked on them"),
    "opportunities": _("Opportunities"),
    "won": _("Won"),
    "lost": _("Lost"),
    "stages_new": _("New stages"),
    "opportunities_new": _("New opportunities"),
    "opportunities_known": _("Opportunities there already, left as they are"),
    "stages_created": _("Stages created"),
    "opportunities_created": _("Opportunities created"),
    "opportunities_deleted": _("Opportunities deleted"),
    "opportunities_kept": _("Opportunities kept, because they are used or were changed"),
    "members": _("Colleagues"),
    "members_new": _("New colleagues"),
    "members_known": _("Colleagues there already"),
    "members_created": _("Colleagues added"),
    "members_changed": _("Colleagues who got their e-mail address"),
    "members_deactivated": _("Colleagues shut out"),
    "follow_ups": _("Follow-ups"),
    "tasks": _("Tasks"),
    "follow_ups_new": _("New follow-ups"),
    "tasks_new": _("New tasks"),
    "follow_ups_created": _("Follow-ups created"),
    "tasks_created": _("Tasks created"),
    "follow_ups_deleted": _("Follow-ups deleted"),
    "tasks_deleted": _("Tasks deleted"),
    "tasks_kept": _("Tasks kept, because they were done or cancelled"),
    "company_created": _("Relations to employers created"),
    "company_unknown": _("Employers that are not there"),
    "parent_created": _("Relations to parent companies created"),
    "parent_unknown": _("Parent companies that are not there"),
    "customers_restored": _("Customers put back as they were"),
}


def effect_rows(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Each count with its words; zeros are left out."""
    return [(str(WORDS.get(name, name)), count) for name, count in counts.items() if count]


def written_rows(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Those that say what an import wrote, and what its undoing takes back."""
    return effect_rows({name: n for name, n in counts.items() if name.endswith(("_created", "_changed"))})
