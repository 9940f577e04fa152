"""Who may see what the program could not pass on."""

from django.db.models import QuerySet

from zhiyin.platform.actors import Actor
from zhiyin.platform.choices import DeliveryState
from zhiyin.platform.models import OutboxDelivery


def failed_deliveries(actor: Actor) -> QuerySet[OutboxDelivery]:
    """The tenant's deliveries of which no further try is made, for whoever manages the company's settings."""
    actor.require("settings.manage")
    return OutboxDelivery.objects.filter(state=DeliveryState.DEAD).select_related("event")
