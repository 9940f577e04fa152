"""What sales has about one person, for that person."""

from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zhiyin.platform.actors import Actor
from zhiyin.platform.portability import Area, Ids, Row, register, told
from zhiyin.sales.models import Lead, Opportunity, OpportunityPerson


def _opportunities(_actor: Actor, ids: Ids) -> Iterator[Row]:
    rows = Opportunity.objects.filter(Q(customer__in=ids) | Q(people__customer__in=ids)).distinct()
    names = (
        "code", "name", "stage__name", "amount", "currency", "expected_on", "closed_on", "source", "details",
        "next_step", "owner__name", "created_at",
    )  # fmt: skip
    return told(rows.select_related("stage", "owner").order_by("created_at"), names)


register(
    Area(
        "opportunities",
        _("Opportunities"),
        {
            "created_at": _("When"),
            "name": _("Name"),
            "stage__name": _("Stage"),
            "amount": _("Amount"),
            "currency": _("Currency"),
            "expected_on": _("Expected close"),
            "closed_on": _("Closed on"),
            "details": _("Details"),
            "owner__name": _("Owner"),
        },
        _opportunities,
        (Opportunity, OpportunityPerson),
        "sales.view",
    )
)


def _leads(_actor: Actor, ids: Ids) -> Iterator[Row]:
    rows = Lead.objects.filter(customer__in=ids)
    names = (
        "name",
        "company",
        "phone",
        "email",
        "city",
        "source",
        "campaign",
        "details",
        "consent",
        "created_at",
        "converted_at",
    )
    return told(rows.order_by("created_at"), names)


register(
    Area(
        "leads",
        _("Leads"),
        {
            "created_at": _("When"),
            "name": _("Name"),
            "company": _("Company"),
            "phone": _("Phone"),
            "email": _("E-mail"),
            "source": _("Source"),
            "campaign": _("Campaign"),
            "details": _("Details"),
            "consent": _("Agreed to"),
        },
        _leads,
        (Lead,),
        "sales.view",
    )
)
