"""Files as values of fields: which are let in, by their name's ending, their size and their first bytes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from django.utils.translation import gettext as _

from zhiyin.customers.choices import FieldType
from zhiyin.customers.models import Customer, CustomField
from zhiyin.platform.errors import Invalid
from zhiyin.platform.models import StoredFile

MEGABYTE = 1024 * 1024
MOST = 50
_PACKED, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_PICTURES: Mapping[str, bytes] = {
    "png": b"\x89PNG\r\n", "jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff", "gif": b"GIF8", "webp": b"RIFF",
}  # fmt: skip
# what a file of each ending begins with; nothing is asked of text but that it is text
STARTS: Mapping[str, bytes] = {
    **_PICTURES,
    "pdf": b"%PDF",
    **dict.fromkeys(("docx", "xlsx", "pptx", "odt", "ods", "zip"), _PACKED),
    **dict.fromkeys(("doc", "xls", "ppt"), _OLD_OFFICE),
    **dict.fromkeys(("txt", "csv"), b""),
}
TYPES = {"jpg": "image/jpeg", **{each: f"image/{each}" for each in _PICTURES if each != "jpg"}}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was let in and is kept; nobody else can name one as the value of a field."""

    file_id: uuid.UUID


def endings(given: Sequence[str]) -> list[str]:
    """The endings that a field lets in. Raises ``Invalid`` for one that is never let in."""
    found = list(dict.fromkeys(each.strip().lower().lstrip(".") for each in given if each.strip()))
    for each in found:
        if each not in STARTS:
            raise Invalid(_("Files may end in: %s.") % ", ".join(STARTS), field="options")
    return found


def require_fit(field: CustomField, stream: IO[bytes], name: str, size: int) -> str:
    """The kind of a file that a field lets in, for those who fetch it. Raises ``Invalid`` with the reason."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    allowed = field.options or list(STARTS)
    if ending not in allowed:
        raise Invalid(_("Files may end in: %s.") % ", ".join(allowed))
    most = int(field.most or MOST)
    if size > most * MEGABYTE:
        raise Invalid(_("The file is larger than %(limit)s MB.") % {"limit": most})
    stream.seek(0)
    start = stream.read(8192)
    stream.seek(0)
    if not start.startswith(STARTS[ending]) or (STARTS[ending] == b"" and b"\0" in start):
        raise Invalid(_("This is no .%s file, whatever its name says.") % ending)
    return TYPES.get(ending, "application/octet-stream")


def name_of(value: object) -> str:
    """The name of a kept file."""
    names = StoredFile.objects.filter(pk=str(value)).values_list("name", flat=True)
    return names.first() or _("No longer there")


def files_of(customer_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """All files in fields of these customers. Two SQL statements."""
    keys = list(CustomField.objects.filter(type=FieldType.FILE).values_list("key", flat=True))
    if not keys:
        return []
    owns = Customer.objects.filter(pk__in=list(customer_ids)).values_list("custom", flat=True)
    return [uuid.UUID(own[key]) for own in owns for key in keys if key in own]
