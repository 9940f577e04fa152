"""What people type, checked the same way everywhere here."""

from django.utils.translation import gettext_lazy as _

from zhiyin.platform.errors import Invalid


def checked(text: str, field: str, longest: int, *, needed: bool = False) -> str:
    """``text`` without spaces around it. Raises ``Invalid``."""
    text = text.replace("\r\n", "\n").strip()
    if "\0" in text or (needed and not text):
        raise Invalid(_("Write something."), field=field)
    if len(text) > longest:
        raise Invalid(_("This is longer than %d characters.") % longest, field=field)
    return text
