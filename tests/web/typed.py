"""What a browser would send of a form as a page shows it."""

import html
import re
from typing import Any


def typed(response: Any) -> dict[str, str]:
    """The hidden inputs and the fields of the page's ``form``."""
    seen = re.findall(
        r'<input type="hidden" name="(initial-\w+)"(?: value="([^"]*)")?', response.content.decode()
    )
    form = response.context["form"]
    return {name: html.unescape(value) for name, value in seen} | {
        name: str(form[name].value() or "") for name in form.fields
    }
