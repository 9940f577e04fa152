"""A company's own fields in forms."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.choices import FieldType
from zhiyin.customers.fields import Value, read, written
from zhiyin.customers.models import CustomField
from zhiyin.platform.errors import Invalid


class Boxes(forms.CheckboxSelectMultiple):
    """Several choices as one text with a line each, so that they travel like any other value."""

    def value_from_datadict(self, data: Any, _files: Any, name: str) -> str:
        return "\n".join(data.getlist(name) if hasattr(data, "getlist") else data.get(name, []))

    def format_value(self, value: Any) -> list[str]:
        return value.splitlines() if isinstance(value, str) else list(value or [])


class LinkInput(forms.TextInput):
    """What the record is known by, with what fits listed while one types; ``found_at`` is where an own field's is not."""

    template_name = "customers/link_input.html"

    def __init__(self, found_at: str | Promise = "", attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.found_at = found_at

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["found_at"] = self.found_at or reverse("customers:link_options", args=[name])
        return context


class OwnField(forms.Field):
    """One own field; its value is the one that is kept. ``kept`` is what the customer has already."""

    def __init__(self, own: CustomField, kept: Value = None) -> None:
        self.own, self.kept = own, kept
        self.choices = _choices(own, kept)
        super().__init__(
            label=own.label,
            required=own.required,
            widget=_widget(own, self.choices),
            help_text=own.words(own.hint),
        )
        if own.kind:
            # of customers of another kind it stays empty, in the same form
            self.required = False
            self.widget.attrs["data-kind"] = own.kind

    def prepare_value(self, value: Any) -> str:
        # a link's kept value is an id, which nobody types
        typed = isinstance(value, str) and not (self.own.type == FieldType.LINK and value == self.kept)
        return value if typed else written(self.own, value)

    def to_python(self, value: Any) -> Value:
        try:
            return read(self.own, value, kept=self.kept)
        except Invalid as error:
            raise ValidationError(str(error.message)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


def _choices(own: CustomField, kept: Value) -> list[tuple[str, Any]]:
    if own.type == FieldType.YES_NO:
        return [("", "–"), ("true", _("Yes")), ("false", _("No"))]
    more = [each for each in (kept if isinstance(kept, list) else [kept]) if each and each not in own.options]
    options = [(str(each), own.words(str(each))) for each in (*own.options, *more)]
    if own.type == FieldType.CHOICES:
        return options
    return [("", "–"), *options] if own.type == FieldType.CHOICE else []


def _widget(own: CustomField, choices: list[tuple[str, Any]]) -> forms.Widget:
    attributes: Mapping[FieldType, dict[str, str]] = {
        FieldType.NUMBER: {"inputmode": "decimal"},
        FieldType.MONEY: {"inputmode": "decimal"},
        FieldType.DATE: {"type": "date"},
    }
    match own.type:
        case FieldType.LINK:
            return LinkInput(attrs={"autocomplete": "off"})
        case FieldType.LONG_TEXT:
            return forms.Textarea(attrs={"rows": 4})
        case FieldType.CHOICES:
            return Boxes(choices=choices)
        case FieldType.CHOICE | FieldType.YES_NO:
            return forms.Select(choices=choices)
    return forms.TextInput(attrs=attributes.get(FieldType(own.type), {}))
