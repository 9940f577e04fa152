"""What people type about products, orders and payments."""

import datetime
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from zhiyin.commerce.choices import PaymentMethod
from zhiyin.commerce.models import Product
from zhiyin.commerce.money import LARGEST, checked_amount, rounded
from zhiyin.platform.errors import Invalid


class ProductForm(forms.Form):
    code = forms.CharField(label=later("Code"), max_length=64)
    name = forms.CharField(label=later("Name"), max_length=300, required=False)
    category = forms.CharField(label=later("Category"), max_length=100, required=False)
    unit = forms.CharField(label=later("Unit of sale"), max_length=20, required=False)
    price = forms.DecimalField(
        label=later("Price"), required=False, min_value=0, max_digits=19, decimal_places=4
    )
    cost = forms.DecimalField(
        label=later("Cost"), required=False, min_value=0, max_digits=19, decimal_places=4
    )
    is_active = forms.BooleanField(label=later("On sale"), required=False, initial=True)


class PaymentForm(forms.Form):
    amount = forms.DecimalField(label=later("Amount"), max_digits=19, decimal_places=4)
    method = forms.ChoiceField(label=later("Method"), choices=PaymentMethod.choices)
    reference = forms.CharField(label=later("Reference"), max_length=100, required=False)


class OrderForm(forms.Form):
    """The head of an order; its customer and lines are chosen beside it."""

    number = forms.CharField(
        label=later("Number"),
        max_length=64,
        required=False,
        help_text=later("Left empty, it gets the day's next."),
    )
    ordered_at = forms.DateTimeField(
        label=later("Date and time"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    channel = forms.CharField(label=later("Channel"), max_length=64, required=False)

    def clean_ordered_at(self) -> datetime.datetime:
        value: datetime.datetime | None = self.cleaned_data["ordered_at"]
        return value or timezone.now()


@dataclass(frozen=True, slots=True)
class LineInput:
    """One line as it was typed, with what can be told of it already."""

    product: Product
    quantity: str
    price: str

    @property
    def amount(self) -> Decimal | None:
        """Quantity times price, ``None`` while one of them is no number."""
        quantity, price = number_or_none(self.quantity), number_or_none(self.price)
        if quantity is None or price is None or abs(quantity * price) >= LARGEST:
            return None
        return rounded(quantity * price)

    @property
    def quantity_error(self) -> str:
        if not self.quantity.strip():
            return _("How many?")
        few = _("A quantity is more than nothing; record what comes back as a return.")
        return _amount_error(self.quantity, few, lambda quantity: quantity > 0)

    @property
    def price_error(self) -> str:
        if not self.price.strip():
            return _("At what price?")
        return _amount_error(self.price, _("A price cannot be negative."), lambda price: price >= 0)


def _amount_error(text: str, low: str, enough: Callable[[Decimal], bool]) -> str:
    try:
        amount = checked_amount(without_separators(text), "")
    except Invalid as error:
        return str(error.message)
    return "" if enough(amount) else low


def without_separators(text: str) -> str:
    return text.replace(",", "").replace("，", "").strip()


def number_or_none(text: str) -> Decimal | None:
    """What was typed as a number; thousands separators are taken away."""
    try:
        value = Decimal(without_separators(text))
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < LARGEST else None


def read_lines(data: Mapping[str, Any] | QueryDict) -> list[tuple[uuid.UUID, str, str]]:
    """Product, quantity and price of each line of a posted order, in order."""
    if not isinstance(data, QueryDict):
        return []
    columns = (data.getlist("product"), data.getlist("quantity"), data.getlist("price"))
    lines: list[tuple[uuid.UUID, str, str]] = []
    for key, quantity, price in zip(*columns, strict=False):
        try:
            lines.append((uuid.UUID(key), quantity, price))
        except ValueError as error:
            raise Invalid(field="lines") from error
    return lines
