"""Ready-made fields of the customer file: what many companies want to know of people and organisations.

Texts here are English, as they are kept; pages show them in the reader's language. Every company starts with the
``core`` ones and takes others from the settings; each is then one of its own fields, to be changed or archived.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from zhiyin.customers.choices import CustomerKind, FieldType

PERSON, ORGANISATION = CustomerKind.PERSON, CustomerKind.ORGANISATION


@dataclass(frozen=True, slots=True)
class ReadyField:
    """A field as ``CustomField`` describes it; ``code`` is what it is known by in every company."""

    code: str
    label: str
    type: FieldType
    section: str
    kind: CustomerKind | None = None
    options: tuple[str, ...] = ()
    least: str = ""
    most: str = ""
    pattern: str = ""
    hint: str = ""
    core: bool = True


BASICS, CAREER, FAMILY, LIFE = _("Personal basics"), _("Career"), _("Family"), _("Life")
EDUCATION, PERSONALITY, CIRCLE, CONSUMPTION = (
    _("Education"), _("Personality"), _("Social circle"), _("Consumption"),
)  # fmt: skip
TRAITS, BUSINESS, TRADING = _("Traits"), _("Business"), _("Trading")
STANDING = _("Place in the market")

INDUSTRIES = (
    _("Agriculture"), _("Mining"), _("Manufacturing"), _("Energy and utilities"), _("Construction"),
    _("Wholesale and retail"), _("Transport and logistics"), _("Hotels and catering"),
    _("Software and telecommunications"), _("Finance and insurance"), _("Real estate"),
    _("Professional services"), _("Public administration"), _("Education"), _("Health and social work"),
    _("Arts and leisure"), _("Other"),
)  # fmt: skip
LANGUAGES = (
    _("Chinese"), _("Cantonese"), _("English"), _("Japanese"), _("Korean"), _("French"), _("German"),
    _("Spanish"), _("Russian"), _("Arabic"), _("Other"),
)  # fmt: skip

PEOPLE = (
    ReadyField("salutation", _("Form of address"), FieldType.TEXT, BASICS, PERSON, most="40"),
    ReadyField("family_name", _("Family name"), FieldType.TEXT, BASICS, PERSON, most="100", core=False),
    ReadyField("given_name", _("Given name"), FieldType.TEXT, BASICS, PERSON, most="100", core=False),
    ReadyField("gender", _("Gender"), FieldType.CHOICE, BASICS, PERSON, (_("Female"), _("Male"), _("Other"))),
    ReadyField("birthday", _("Birthday"), FieldType.DATE, BASICS, PERSON, least="1850-01-01"),
    ReadyField("language", _("Preferred language"), FieldType.CHOICE, BASICS, None, LANGUAGES),
    ReadyField("nationality", _("Nationality"), FieldType.TEXT, BASICS, PERSON, most="60", core=False),
    ReadyField("job_title", _("Job title"), FieldType.TEXT, CAREER, PERSON, most="100"),
    ReadyField("profession", _("Profession"), FieldType.TEXT, CAREER, PERSON, most="100", core=False),
    ReadyField("works_in", _("Works in the industry"), FieldType.CHOICE, CAREER, PERSON, INDUSTRIES),
    ReadyField(
        "income", _("Yearly income"), FieldType.CHOICE, CAREER, PERSON,
        (
            _("Up to 50,000"), _("50,000 to 100,000"), _("100,000 to 200,000"), _("200,000 to 500,000"),
            _("500,000 to 1 million"), _("More than 1 million"),
        ),
        hint=_("In the company's currency."),
    ),
    ReadyField(
        "marital_status", _("Marital status"), FieldType.CHOICE, FAMILY, PERSON,
        (_("Single"), _("Married"), _("Divorced"), _("Widowed")),
    ),
    ReadyField("children", _("Number of children"), FieldType.NUMBER, FAMILY, PERSON, least="0", most="30"),
    ReadyField("partner", _("Partner's name"), FieldType.TEXT, FAMILY, PERSON, most="100", core=False),
    ReadyField("wedding_day", _("Wedding day"), FieldType.DATE, FAMILY, PERSON, core=False),
    ReadyField(
        "hobbies", _("Hobbies"), FieldType.CHOICES, LIFE, PERSON,
        (
            _("Sports"), _("Travel"), _("Books"), _("Music"), _("Film"), _("Tea"), _("Wine"), _("Cooking"),
            _("Photography"), _("Games"), _("Collecting"), _("Gardening"), _("Cars"), _("Outdoors"), _("Pets"),
        ),
    ),
    ReadyField(
        "diet", _("Eats and drinks"), FieldType.CHOICES, LIFE, PERSON,
        (_("Vegetarian"), _("Vegan"), _("Halal"), _("Kosher"), _("No alcohol"), _("No spicy food"), _("Allergies")),
    ),
    ReadyField("smokes", _("Smokes"), FieldType.YES_NO, LIFE, PERSON, core=False),
    ReadyField("clothing_size", _("Clothing size"), FieldType.TEXT, LIFE, PERSON, most="20", core=False),
    ReadyField(
        "education", _("Highest education"), FieldType.CHOICE, EDUCATION, PERSON,
        (_("Secondary school"), _("Vocational school"), _("College"), _("Bachelor"), _("Master"), _("Doctorate")),
    ),
    ReadyField("school", _("School or university"), FieldType.TEXT, EDUCATION, PERSON, most="100"),
    ReadyField("subject", _("Field of study"), FieldType.TEXT, EDUCATION, PERSON, most="100", core=False),
    ReadyField(
        "decides", _("How they decide"), FieldType.CHOICE, PERSONALITY, PERSON,
        (_("Analytical"), _("Driving"), _("Amiable"), _("Expressive")),
    ),
    ReadyField("values", _("What matters to them"), FieldType.TEXT, PERSONALITY, PERSON),
    ReadyField("temper", _("Temperament"), FieldType.TEXT, PERSONALITY, PERSON, most="100", core=False),
    ReadyField("memberships", _("Clubs and associations"), FieldType.TEXT, CIRCLE, PERSON),
    ReadyField("friends", _("Listens to"), FieldType.TEXT, CIRCLE, PERSON, hint=_("People whose advice they follow.")),
    ReadyField(
        "influence", _("Influence on others"), FieldType.CHOICE, CIRCLE, PERSON,
        (_("Opinion leader"), _("Often asked"), _("Seldom asked")), core=False,
    ),
    ReadyField(
        "price_sense", _("Attention to price"), FieldType.CHOICE, CONSUMPTION, PERSON, (_("High"), _("Medium"), _("Low"))
    ),
    ReadyField("brands", _("Favourite brands"), FieldType.TEXT, CONSUMPTION, PERSON),
    ReadyField(
        "buys_at", _("Buys through"), FieldType.CHOICES, CONSUMPTION, None,
        (_("Shop"), _("Website"), _("App"), _("Social network"), _("Live stream"), _("Sales person"), _("Dealer")),
    ),
    ReadyField("budget", _("Monthly budget"), FieldType.MONEY, CONSUMPTION, PERSON, least="0", core=False),
)  # fmt: skip

ORGANISATIONS = (
    ReadyField("industry", _("Industry"), FieldType.CHOICE, TRAITS, ORGANISATION, INDUSTRIES),
    ReadyField("employees", _("Employees"), FieldType.NUMBER, TRAITS, ORGANISATION, least="0"),
    ReadyField("founded", _("Founded on"), FieldType.DATE, TRAITS, ORGANISATION),
    ReadyField(
        "ownership", _("Ownership"), FieldType.CHOICE, TRAITS, ORGANISATION,
        (_("State-owned"), _("Private"), _("Listed"), _("Foreign-owned"), _("Joint venture"), _("Non-profit")),
    ),
    ReadyField("culture", _("Culture"), FieldType.LONG_TEXT, TRAITS, ORGANISATION),
    ReadyField("website", _("Website"), FieldType.TEXT, TRAITS, ORGANISATION),
    ReadyField(
        "credit_code", _("Unified social credit code"), FieldType.TEXT, TRAITS, ORGANISATION,
        pattern="[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", hint=_("18 digits and capital letters."),
        core=False,
    ),
    ReadyField("registered_capital", _("Registered capital"), FieldType.MONEY, TRAITS, ORGANISATION, core=False),
    ReadyField("products", _("Products and services"), FieldType.LONG_TEXT, BUSINESS, ORGANISATION),
    ReadyField(
        "markets", _("Markets"), FieldType.CHOICES, BUSINESS, ORGANISATION,
        (_("Local"), _("Regional"), _("Nationwide"), _("Asia"), _("Europe"), _("North America"), _("Elsewhere abroad")),
    ),
    ReadyField("revenue", _("Annual revenue"), FieldType.MONEY, BUSINESS, ORGANISATION, least="0"),
    ReadyField("profit", _("Annual profit"), FieldType.MONEY, BUSINESS, ORGANISATION, core=False),
    ReadyField("competitors", _("Competitors"), FieldType.TEXT, BUSINESS, ORGANISATION, core=False),
    ReadyField("suppliers", _("Buys today from"), FieldType.TEXT, BUSINESS, ORGANISATION, core=False),
    ReadyField("credit_limit", _("Credit limit"), FieldType.MONEY, TRADING, None, least="0"),
    ReadyField(
        "payment_terms", _("Payment terms"), FieldType.CHOICE, TRADING, None,
        (_("In advance"), _("On delivery"), _("15 days"), _("30 days"), _("60 days"), _("90 days")),
    ),
    ReadyField("trading_since", _("Trading since"), FieldType.DATE, TRADING),
    ReadyField("discount", _("Agreed discount in percent"), FieldType.NUMBER, TRADING, None, least="0", most="100"),
    ReadyField("delivery", _("Delivery terms"), FieldType.TEXT, TRADING, core=False),
    ReadyField(
        "credit_rating", _("Credit rating"), FieldType.CHOICE, TRADING, None, ("AAA", "AA", "A", "B", "C"), core=False
    ),
)  # fmt: skip

ANYBODY = (
    ReadyField(
        "market_role", _("Role in the market"), FieldType.CHOICE, STANDING, None,
        (_("Consumer"), _("Dealer"), _("Retailer"), _("Agent"), _("Internal"), _("Public body")),
    ),
    ReadyField(
        "supplied", _("Supplied"), FieldType.CHOICE, STANDING, None, (_("Directly"), _("Indirectly")),
        hint=_("Indirectly: through a dealer, named under Relations."),
    ),
    ReadyField(
        "relationship", _("Type of relationship"), FieldType.CHOICE, STANDING, None,
        (_("Trading"), _("Preferred"), _("Partner"), _("Alliance")),
    ),
    ReadyField(
        "wallet_share", _("Our share of wallet in percent"), FieldType.NUMBER, STANDING, None, least="0", most="100",
        hint=_("Of all that this customer spends on such goods; empty where nobody knows."),
    ),
    ReadyField(
        "satisfaction", _("Satisfaction from 0 to 10"), FieldType.NUMBER, STANDING, None, least="0", most="10",
        hint=_("As the customer said it last; empty where nobody asked."),
    ),
)  # fmt: skip

READY = {each.code: each for each in (*ANYBODY, *PEOPLE, *ORGANISATIONS)}
