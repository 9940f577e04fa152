"""Opportunities go with their customer."""

from django.utils.translation import gettext_lazy as _

from zhiyin.customers.actions.merging.parts import Rows, register
from zhiyin.sales.models import Lead, Opportunity, OpportunityPerson, Target

register(
    Rows("leads", _("Leads"), Lead),
    Rows("opportunities", _("Opportunities"), Opportunity),
    Rows("targets", _("Targets"), Target),
    Rows("buying_roles", _("Parts in opportunities"), OpportunityPerson, twins=("opportunity_id",)),
)
