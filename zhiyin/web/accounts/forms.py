"""What people type on the pages of accounts."""

import datetime
import zoneinfo
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as now_translated
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.choices import RecordScope, Theme, TimeFormat
from zhiyin.accounts.models import Role
from zhiyin.accounts.queries import UnitRow
from zhiyin.platform.permissions import registered

CURRENCIES = [
    ("CNY", _("Chinese yuan")),
    ("HKD", _("Hong Kong dollar")),
    ("TWD", _("New Taiwan dollar")),
    ("USD", _("US dollar")),
    ("EUR", _("Euro")),
    ("GBP", _("Pound sterling")),
    ("JPY", _("Japanese yen")),
    ("KRW", _("South Korean won")),
    ("SGD", _("Singapore dollar")),
    ("MYR", _("Malaysian ringgit")),
    ("THB", _("Thai baht")),
    ("VND", _("Vietnamese dong")),
    ("INR", _("Indian rupee")),
    ("AUD", _("Australian dollar")),
    ("CAD", _("Canadian dollar")),
    ("CHF", _("Swiss franc")),
]
# permissions are shown in groups of what they are about
GROUPS: list[tuple[str, str | Promise]] = [
    ("customers", _("Customers")),
    ("products", _("Products")),
    ("orders", _("Orders")),
    ("imports", _("Imports")),
    ("insight", _("Insight")),
    ("accounts", _("Administration")),
    ("settings", _("Administration")),
    ("audit", _("Administration")),
    ("jobs", _("Administration")),
]


class Versioned(forms.Form):
    """Carries the version that the person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class CompanyForm(Versioned):
    name = forms.CharField(label=_("Company name"), max_length=200)
    currency = forms.ChoiceField(
        label=_("Currency"), help_text=_("New amounts are in this currency; recorded ones keep theirs.")
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("Days, months and nightly work follow it.")
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    bin_days = forms.IntegerField(
        label=_("Days in the bin"),
        min_value=1,
        max_value=3650,
        required=False,
        help_text=_("So long deleted customers can be restored; then they are purged."),
    )
    export_days = forms.IntegerField(
        label=_("Days of exported files"),
        min_value=1,
        max_value=3650,
        required=False,
        help_text=_("So long a file that somebody exported can be downloaded; then it is removed."),
    )
    upload_days = forms.IntegerField(
        label=_("Days of uploaded files"),
        min_value=1,
        max_value=3650,
        required=False,
        help_text=_(
            "So long after an import its file is kept; uploads that were not imported are discarded."
        ),
    )
    request_days = forms.IntegerField(
        label=_("Days to answer requests about data"),
        min_value=1,
        max_value=90,
        required=False,
        help_text=_(
            "From the day somebody asks. Left empty: 15 for companies that count in yuan, 30 for others."
        ),
    )
    watermark = forms.BooleanField(
        label=_("Mark exports with who made them"),
        required=False,
        help_text=_(
            "Each row of an exported file, and each page of a phone list, says who exported it and when."
        ),
    )

    def clean_request_days(self) -> int:
        return self.cleaned_data["request_days"] or 0

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(code, f"{code} · {label}") for code, label in CURRENCIES]
        if currency not in dict(choices):
            choices.append((currency, currency))
        _set(self, "currency", choices)
        _set(self, "time_zone", [(name, name) for name in _time_zones()])


class UnitForm(Versioned):
    name = forms.CharField(label=_("Name"), max_length=200)
    parent = forms.TypedChoiceField(label=_("Below"), coerce=str)

    def __init__(self, *args: Any, units: Sequence[UnitRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set(self, "parent", unit_choices(units))


class MemberForm(Versioned):
    name = forms.CharField(label=_("Name"), max_length=100)
    unit = forms.ChoiceField(label=_("Unit"))
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, units: Sequence[UnitRow], roles: Sequence[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set(self, "unit", unit_choices(units))
        _set(self, "role", [(str(role.id), role.name) for role in roles])


class InviteForm(MemberForm):
    email = forms.EmailField(label=_("E-mail address"), help_text=_("With it the person signs in."))
    field_order = ["email", "name", "unit", "role"]

    def __init__(self, *args: Any, units: Sequence[UnitRow], roles: Sequence[Role], **kwargs: Any) -> None:
        super().__init__(*args, units=units, roles=roles, **kwargs)
        # whoever invites says what the other may do: the first role of the list could be the strongest
        for name in ("unit", "role"):
            _set(self, name, [("", _("Choose…")), *self.fields[name].choices])  # type: ignore[attr-defined]


class RoleForm(Versioned):
    name = forms.CharField(label=_("Name"), max_length=100)
    scope = forms.ChoiceField(
        label=_("Which records"),
        choices=RecordScope.choices,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        help_text=_("Whose customers and orders people with this role see."),
    )
    holds_all = forms.BooleanField(label=_("Everything, also what later versions bring"), required=False)
    permissions = forms.MultipleChoiceField(
        label=_("Permissions"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set(self, "permissions", list(registered().items()))

    def groups(self) -> list[tuple[str, list[tuple[str, str, bool]]]]:
        """Permissions by what they are about: group, then code, label and whether it is ticked."""
        return permission_groups(self["permissions"].value() or [])


class TokenForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("Which program will use it."))
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        choices=[(7, _("7 days")), (30, _("30 days")), (90, _("90 days")), (365, _("One year"))],
        initial=90,
    )
    permissions = forms.MultipleChoiceField(label=_("What it may do"), widget=forms.CheckboxSelectMultiple)

    def __init__(
        self,
        *args: Any,
        allowed: frozenset[str],
        members: Sequence[tuple[Any, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.allowed = allowed
        _set(
            self,
            "permissions",
            [(code, label) for code, label in registered().items() if code in allowed],
        )
        if members:
            self.fields["member"] = forms.ChoiceField(
                label=_("Acts as"),
                choices=[(str(key), name) for key, name in members],
                help_text=_("It sees this person's records and never does more than this person may."),
            )
            self.order_fields(["name", "member", "days", "permissions"])

    def expires_at(self, now: datetime.datetime) -> datetime.datetime:
        return now + datetime.timedelta(days=self.cleaned_data["days"])

    def groups(self) -> list[tuple[str, list[tuple[str, str, bool]]]]:
        """As of a role, without what the maker of the token lacks."""
        return permission_groups(self["permissions"].value() or [], self.allowed)


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100)
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the company")), *settings.LANGUAGES]
    )
    theme = forms.ChoiceField(label=_("Appearance"), choices=Theme.choices)
    time_format = forms.ChoiceField(label=_("Time of day"), choices=TimeFormat.choices)
    mails = forms.BooleanField(label=_("Notifications by mail as well"), required=False)


def permission_groups(
    chosen: Sequence[str], allowed: frozenset[str] | None = None
) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """All permissions (or those ``allowed``) in their groups."""
    groups: dict[str, list[tuple[str, str, bool]]] = {}
    labels = dict(GROUPS)
    order = [prefix for prefix, _label in GROUPS]
    codes = registered().items()
    for code, label in sorted(codes, key=lambda pair: _place(order, pair[0])):
        if allowed is None or code in allowed:
            group = str(labels.get(code.split(".")[0], now_translated("Other")))
            groups.setdefault(group, []).append((code, str(label), code in chosen))
    return list(groups.items())


def unit_choices(units: Sequence[UnitRow]) -> list[tuple[str, str]]:
    """The tree as a flat choice, indented by depth."""
    return [(str(row.unit.id), "\N{IDEOGRAPHIC SPACE}" * row.depth + row.unit.name) for row in units]


def _place(order: list[str], code: str) -> tuple[int, bool]:
    """Groups in their order, in each what only looks first."""
    prefix, _dot, verb = code.partition(".")
    return (order.index(prefix) if prefix in order else len(order), verb != "view")


def _set(form: forms.Form, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def _time_zones() -> list[str]:
    regions = ("Asia/", "Europe/", "America/", "Australia/", "Africa/", "Pacific/", "Atlantic/", "Indian/")
    return ["UTC", *sorted(name for name in zoneinfo.available_timezones() if name.startswith(regions))]
