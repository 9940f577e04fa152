"""The closed lists of sales."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class StageKind(models.TextChoices):
    """What a stage makes of an opportunity that stands in it."""

    OPEN = "open", _("Open")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")


class FunnelPart(models.TextChoices):
    """What a funnel's cells are counted for."""

    WAY = "way"
    SOURCE = "source"
    CLOSE = "close"


class Horizon(models.TextChoices):
    """When the customer means to buy, in months from now."""

    NOW = "now", _("Now")
    THREE = "3", _("In 3 months")
    SIX = "6", _("In 6 months")
    TWELVE = "12", _("In 12 months")


class Category(models.TextChoices):
    """What a sales person promises of an opportunity in the forecast, the surest first."""

    COMMIT = "commit", _("Commit")
    BEST_CASE = "best_case", _("Best case")
    PIPELINE = "pipeline", _("Pipeline")
    OMITTED = "omitted", _("Omitted")


class Measure(models.TextChoices):
    """What a target counts of won deals."""

    AMOUNT = "amount", _("Amount")
    COUNT = "count", _("Number of deals")


class Channel(models.TextChoices):
    """By what way something is sold."""

    DIRECT = "direct", _("Direct")
    DEALER = "dealer", _("Dealer")
    AGENT = "agent", _("Agent")
    PHONE = "phone", _("Phone")
    WEB = "web", _("Web")
    SHOP = "shop", _("Shop")


class Need(models.TextChoices):
    """What a stage may ask an opportunity to have before it enters or leaves."""

    CUSTOMER = "customer", _("Customer")
    AMOUNT = "amount", _("Amount")
    EXPECTED = "expected_on", _("Expected close")
    NEXT_STEP = "next_step", _("Next step")
    HORIZON = "horizon", _("Buying horizon")
    PRODUCTS = "products", _("Products")
    DECIDER = "decider", _("Decision maker")
    COMPETITORS = "competitors", _("Competitors")


class LeadState(models.TextChoices):
    """How far a lead is; a converted one is a customer."""

    NEW = "new", _("New")
    WORKING = "working", _("Being worked on")
    QUALIFIED = "qualified", _("Qualified")
    CONVERTED = "converted", _("Converted")
    UNFIT = "unfit", _("Not suitable")


class LeadField(models.TextChoices):
    """What a form on the web asks for beside the name."""

    COMPANY = "company", _("Company")
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    CITY = "city", _("City")
    DETAILS = "details", _("What they want")


class LeadOrigin(models.TextChoices):
    """By what way a lead came."""

    HAND = "hand", _("By hand")
    WEB = "web", _("Web")
    MAIL = "mail", _("Mail")
    CALL = "call", _("Call")
    EVENT = "event", _("Event")
    REFERRAL = "referral", _("Referral")
    API = "api", _("API")
