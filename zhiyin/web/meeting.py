"""Forms in which two people's edits meet field by field."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _


class Meeting(forms.Form):
    """What the page showed comes back with what was typed.

    What this person left alone takes the value that it has now. A field that somebody else changed meanwhile
    as well is an error that says to what, and the page then shows that; so saving again replaces it.
    ``initial`` holds the present values; the template writes ``{{ form.seen }}`` into its form.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = True

    def seen(self) -> SafeString:
        """What the page shows, as hidden inputs."""
        return format_html_join(
            "", "{}", ((self[name].as_hidden(only_initial=True),) for name in self.fields)
        )

    def full_clean(self) -> None:
        met = self._meet() if self.is_bound else {}
        super().full_clean()
        for name, value in met.items():
            shown = self._shown(name, value)
            self.add_error(name, _("Somebody changed this to “%s”. Save again to replace it.") % shown)

    def _meet(self) -> Mapping[str, str]:
        """Take the present values where nothing was typed; gives those that others changed as well."""
        changed = [name for name in self.changed_data if name in self.fields]
        met = {name: self._present(name) for name in changed if self._was_changed(name)}
        data = cast(QueryDict, self.data).copy()
        for name in self.fields:
            if name not in changed:
                data[self.add_prefix(name)] = self._present(name)
            if name not in changed or name in met:
                data[self[name].html_initial_name] = self._present(name)
        self.data = data
        return met

    def _was_changed(self, name: str) -> bool:
        seen = self.data.get(self[name].html_initial_name)
        present = self._python(name, self._present(name))
        return seen is not None and present not in (
            self._python(name, seen),
            self._python(name, self[name].data),
        )

    def _present(self, name: str) -> str:
        value = self.fields[name].prepare_value(self.initial.get(name))
        return "" if value is None else str(value)

    def _python(self, name: str, value: Any) -> Any:
        try:
            read = self.fields[name].to_python(value)
        except ValidationError:
            return value
        # browsers send each end of a line as two characters
        return read.replace("\r\n", "\n") if isinstance(read, str) else read

    def _shown(self, name: str, value: str) -> str:
        text = str(dict(getattr(self.fields[name], "choices", ())).get(value, value)) or "–"
        return Truncator(text).chars(200)
